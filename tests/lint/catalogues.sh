#!/usr/bin/env bash
# The message catalogues are good gettext, each is a translation of the English texts as they are now, and every letter
# has its three texts in English.
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
dir=templates/locale
[ -d "$dir" ] || exit 0
rc=0
for file in "$dir"/*.po; do
	msgfmt -c --check-header -o /dev/null "$file" || rc=1
	# Both ways: nothing is missing, and nothing translates what is said no more.
	msgcmp "$file" "$dir/en.po" 2>&1 && msgcmp "$dir/en.po" "$file" 2>&1 || rc=1
done
want=$(sed -n 's/^LETTER([A-Z_]*, "\([a-z_]*\)".*/\1.email.subject\n\1.email.text\n\1.sms/p' lib/domain/system/letter.def | sort)
have=$(sed -n 's/^msgctxt "\(.*\)"$/\1/p' "$dir/en.po" | sort)
diff <(echo "$want") <(echo "$have") >&2 || {
	echo "en.po has other texts (>) than the letters of letter.def need (<)" >&2
	rc=1
}
exit $rc
