#!/usr/bin/env bash
# The tour that `make tour` gives a newcomer, against this run's stack.
set -euo pipefail
exec tests/harness/tour.sh "$STACK_DIR/env"
