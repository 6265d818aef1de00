#!/usr/bin/env bash
# Orders to the programs of the running stack of STACK_DIR, DATABASE_URL and BIN (a test build), as harness/stack.h
# gives them:
#	order.sh clock SECONDS		moves the time of all of it on
#	order.sh arm NAME 'ORDER'	arms a failpoint: 'error=busy nth=2' and the like, see lib/base/fail.h
#	order.sh release NAME		takes that back; who waits there goes on
#	order.sh acted NAME		how often it acted since
#	order.sh held NAME		waits until somebody is held there
#	order.sh calls			what the stand-ins for the outside world were asked last
# `confab failpoints` prints the names.
set -euo pipefail
exec "$(dirname "${BIN:?}")/tests/harness/order/order" "$@"
