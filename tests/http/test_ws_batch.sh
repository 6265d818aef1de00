#!/usr/bin/env bash
# What is sent over WebSockets while a statement is under way on the only connection for it; see ws_batch.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

export CONFAB_PATIENCE=5 # times as long may what a test holds be waited for
private_start ws_batch EVENTS_CONNECTIONS=1
node tests/http/ws_batch.mjs
