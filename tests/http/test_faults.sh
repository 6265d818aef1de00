#!/usr/bin/env bash
# What each fault costs under steady traffic, small; `make soak T=faults` runs it at full size. See faults.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start faults WORKERS=3 COMMIT_WORKERS=6 "STACK_FAST=${FAULTS_FAST-1}"
node tests/soak/faults.mjs
