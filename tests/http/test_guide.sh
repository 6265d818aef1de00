#!/usr/bin/env bash
# The guide and the reference below /docs, with its examples (examples.mjs), followed as a newcomer would (guide.mjs).
# UPDATE_EXAMPLES=1 writes the examples anew.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh

private_start guide
node tests/http/examples.mjs
node tests/http/guide.mjs
