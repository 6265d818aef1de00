#!/usr/bin/env bash
# Two events programs behind nginx's hash, as nginx/events-2.conf describes them; see two_responders.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start two EVENTS_COUNT=2 PRESENCE_GRACE_S=4
node tests/http/two_responders.mjs
