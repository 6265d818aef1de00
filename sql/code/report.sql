-- Reports: what moderators see of them. A report keeps and shows a bounded past: each edit of a text of 4,000
-- characters is a version of up to 16 KB, and there is no bound on edits but time.

-- In HTML a byte of it can become five, and a page holds 2 MiB.
CREATE OR REPLACE FUNCTION report_shown(snapshot jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN octet_length(snapshot::text) <= 300000 THEN snapshot
		WHEN octet_length(less.shown::text) <= 900000 THEN less.shown
		ELSE jsonb_build_object('message', snapshot -> 'message',
			'left_out', 'The rest of what was kept: it is too large for a page') END
	FROM (SELECT snapshot || jsonb_build_object(
			'left_out', 'What the messages around it said before they were edited',
			'around', (SELECT jsonb_agg(n - 'versions' ORDER BY place)
				FROM jsonb_array_elements(CASE jsonb_typeof(snapshot -> 'around')
					WHEN 'array' THEN snapshot -> 'around' ELSE '[]' END)
				WITH ORDINALITY a(n, place))) AS shown) less
$$;
COMMENT ON FUNCTION report_shown(jsonb) IS
	'What a page shows of a report''s snapshot: all of it, or a part that fits and what was left out';

-- As the acts of moderation move it; a test compares them.
CREATE OR REPLACE TRIGGER report_guard BEFORE UPDATE OF state ON report FOR EACH ROW
	WHEN (OLD.state IS DISTINCT FROM NEW.state)
	EXECUTE FUNCTION state_guard('OPEN ACTIONED', 'OPEN DISMISSED', 'ACTIONED OPEN', 'DISMISSED OPEN');
