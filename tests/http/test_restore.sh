#!/usr/bin/env bash
# A database restored, a standby promoted: see restore.mjs.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh
private_start restore
node tests/http/restore.mjs
