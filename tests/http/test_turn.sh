#!/usr/bin/env bash
# One worker whose turn has many requests; see turn.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start turn WORKERS=1 RATE_PERCENT=1000 LOG_LEVEL=debug
node tests/http/turn.mjs
