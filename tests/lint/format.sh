#!/usr/bin/env bash
# Every C file looks as .clang-format says; `make format` makes it so.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
mapfile -t files < <(find lib cgi-bin tests -name '*.[ch]' 2>/dev/null)
[ ${#files[@]} -gt 0 ] || exit 0
style=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.clang-format

printf '%s\n' "${files[@]}" | xargs -P 2 -n 40 clang-format --style="file:$style" --dry-run -Werror
