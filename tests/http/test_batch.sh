#!/usr/bin/env bash
# One worker that is sent many messages at once; see batch.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

export CONFAB_PATIENCE=3 # times as long may what a test holds be waited for
private_start batch COMMIT_WORKERS=1 LOG_LEVEL=debug
node tests/http/batch.mjs
