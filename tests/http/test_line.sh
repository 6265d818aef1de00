#!/usr/bin/env bash
# The one line a request leaves in nginx's access log, and what the programs' logs have beside it; see line.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start line SLOW_MS=200
node tests/http/line.mjs
