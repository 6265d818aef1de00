#!/usr/bin/env bash
# What waiting clients cost: 9,000 long polls at one events program and 15,000 at two; see held.mjs. Passwords
# are hashed cheaply here, so that thousands of accounts are soon made.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh
SHARED=$STACK_DIR

# held POLLS PROGRAMS
held() {
	STACK_DIR=$SHARED
	private_start "held-$2" "EVENTS_COUNT=$2" ARGON2_MEMORY_KIB=8 ARGON2_PASSES=1 WORKERS=4
	HELD_POLLS=$1 node tests/soak/held.mjs
	private_stop
}

held 9000 1
held 15000 2
