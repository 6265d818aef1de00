#!/usr/bin/env bash
# One worker whose turn has many requests; see turn.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

export CONFAB_PATIENCE=5 # times as long may what a test holds be waited for
export CONFAB_STILL_S=25 # more than one of them is waited for, less than four
private_start turn WORKERS=1 RATE_PERCENT=1000 LOG_LEVEL=debug
node tests/http/turn.mjs
