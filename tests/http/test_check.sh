#!/usr/bin/env bash
# --check of every program says that it is good, of the settings, templates and schema that the tests run on.
set -euo pipefail

for program in "$BIN"/*; do
	name=$(basename "$program")
	[ "$name" != confab ] || continue
	said=$(CONFAB_CONF=$STACK_DIR/confab.conf "$program" --check) || { echo "$name --check fails" >&2; exit 1; }
	[ "$said" = "$name: good" ] || { echo "$name --check says: $said" >&2; exit 1; }
done
echo "check: ok"
