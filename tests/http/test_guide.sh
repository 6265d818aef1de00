#!/usr/bin/env bash
# The guide and the reference below /docs, followed as a newcomer would; see guide.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start guide
node tests/http/guide.mjs
