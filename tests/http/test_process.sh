#!/usr/bin/env bash
# Programs that crash and programs that read their settings again, under load; see process.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

export CONFAB_STILL_S=6
private_start process WORKERS=3 COMMIT_WORKERS=4
node tests/http/process.mjs
