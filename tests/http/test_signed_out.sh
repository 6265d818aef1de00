#!/usr/bin/env bash
# Whose login ends is not waited for, as those are who only paused; the pause here is longer than the test. See
# signed_out.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start signed_out PRESENCE_GRACE_S=300
node tests/http/signed_out.mjs
