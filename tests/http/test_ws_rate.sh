#!/usr/bin/env bash
# The limits of what a WebSocket asks for, with the rates of an installed system; see ws_rate.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start rate RATE_PERCENT=100
node tests/http/ws_rate.mjs
