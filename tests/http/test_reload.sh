#!/usr/bin/env bash
# What a reload of nginx costs those who wait; see reload.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start reload
node tests/http/reload.mjs
