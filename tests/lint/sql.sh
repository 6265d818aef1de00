#!/usr/bin/env bash
# SQL has one home for each thing: sql/NNNN_name.sql holds tables and of functions only those that
# constraints, defaults or indexes need; sql/code/NOUN.sql holds every other function, view and trigger,
# once, so that it can be applied again. Time comes from app_now() and app_clock(), which a test moves; work
# for later is asked for by job_add().
set -euo pipefail
cd "${LINT_ROOT:-$(dirname "$0")/../..}"
[ -d sql ] || exit 0
perl - sql/*.sql sql/code/*.sql <<'END'
	use strict;
	my $kinds = qr/(FUNCTION|PROCEDURE|VIEW|TRIGGER)/;
	my (%home, %numbered, $text, $rc);
	sub fault { print STDERR "@_\n"; $rc = 1 }

	# The statements of a file, without comments and with empty strings and bodies.
	sub statements {
		my ($text) = @_;
		$text =~ s{(--[^\n]*)|(\$\$.*?\$\$)|('(?:[^']|'')*')}{defined $1 ? "" : "''"}gse;
		$text =~ s/\s+/ /g;
		return grep { /\S/ } map { s/^ | $//gr } split /;/, $text;
	}

	for my $file (grep { -f } @ARGV) {
		my $code = $file =~ m{^sql/code/};
		open(my $in, "<", $file) or die "$file: $!";
		for (statements(join "", <$in>)) {
			my $start = substr($_, 0, 50);
			if (/^CREATE (OR REPLACE )?$kinds (\w+)/) {
				my ($replace, $kind, $name) = ($1, lc $2, $3);
				my $key = "$kind $name" . ($kind eq "trigger" && / ON (\w+)/ ? " on $1" : "");
				if ($code) {
					fault("$file: $key is not CREATE OR REPLACE") if !$replace;
				} elsif ($kind ne "function") {
					fault("$file: $key belongs to sql/code");
				} else {
					$numbered{$name} = $file;
				}
				fault("$file: $key is in $home{$key} too")
				    if exists $home{$key} && ($code || $home{$key} =~ /code/);
				$home{$key} = $file;
			} elsif ($code) {
				fault("$file: does not belong to sql/code: $start")
				    if !/^(COMMENT ON $kinds|DROP $kinds IF EXISTS|SELECT)\b/;
			} elsif (/^(BEGIN|START|COMMIT|END|ROLLBACK|ABORT)\b/) {
				fault("$file: a migration may not end its transaction: $start");
			} elsif (!/^COMMENT/) {
				$text .= "$_;";
			}
		}
	}
	for (sort keys %numbered) {
		fault("$numbered{$_}: function $_ belongs to sql/code, no table needs it")
		    if $text !~ /\b$_\(/;
	}
	exit($rc // 0);
END

# Real time is for what no test moves: an epoch that was never used before, and whether a worker still beats.
find sql lib ! -path 'lib/base/*' ! -path 'lib/db/*' \( -name '*.sql' -o -name '*.[ch]' \) | sort | perl -ne '
	use strict;
	my $clock = qr/\b(?:now|clock_timestamp|(?:transaction|statement)_timestamp|timeofday)\s?\(|
		\b(?:current_(?:timestamp|time|date)|localtime(?:stamp)?)\b/xi;
	our $rc;
	chomp(my $file = $_);
	next if $file =~ m{^(?:sql/code/epoch\.sql|lib/domain/system/heartbeat\.c)$};
	open(my $in, "<", $file) or die "$file: $!";
	my $text = join "", <$in>;
	if ($file =~ /\.sql$/) {
		$text =~ s/--[^\n]*//g;
		$text =~ s/CREATE FUNCTION app_(?:now|clock)\(\).*?;//gs;
	} else {
		$text =~ s{/\*.*?\*/|\x27\\?"\x27}{}gs;
		$text = join "\n", $text =~ /"(?:[^"\\]|\\.)*"/g;
	}
	while ($text =~ /([^\n]*$clock[^\n]*)/g) {
		print STDERR "$file: time comes from app_now() or app_clock(): $1\n";
		$rc = 1;
	}
	END { $? = $rc // 0 }
'

if grep -rnE 'INSERT INTO job\b' sql lib --include='*.sql' --include='*.[ch]' | grep -v '^sql/code/job\.sql:' >&2; then
	echo 'a job is asked for by job_add()' >&2
	exit 1
fi
