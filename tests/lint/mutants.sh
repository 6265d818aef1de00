#!/usr/bin/env bash
# Every careless change that `make mutants` makes still finds the text it changes and the tests it names.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
node tests/mutants/run.mjs check
