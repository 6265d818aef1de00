-- A report keeps and shows a bounded past: what a message said first, and what it said last before it was
-- reported. Each edit of a text of 4,000 characters is a version of up to 16 KB, and there is no bound on
-- edits but time.

CREATE FUNCTION message_past(m message, newest integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('versions', coalesce(jsonb_agg(jsonb_build_object('body', v.body,
			'media', v.media, 'said_at', time_json(v.said_at),
			'replaced_at', time_json(v.replaced_at)) ORDER BY v.version)
			FILTER (WHERE v.from_first = 1 OR v.from_last <= newest), '[]'),
		'versions_left_out', count(*) FILTER (WHERE v.from_first > 1 AND v.from_last > newest))
	FROM (SELECT *, row_number() OVER (ORDER BY version) AS from_first,
			row_number() OVER (ORDER BY version DESC) AS from_last
		FROM message_version WHERE conversation_id = m.conversation_id AND seq = m.seq) v
$$;
COMMENT ON FUNCTION message_past(message, integer) IS
	'What a message said before: the first version and the newest ones, the oldest first, and how many between them were left out';

-- For people of the release before, until they are started anew.
CREATE OR REPLACE FUNCTION message_versions(m message) RETURNS jsonb LANGUAGE sql STABLE AS
	$$ SELECT message_past(m, 9) -> 'versions' $$;

-- In HTML a byte of it can become five, and a page holds 2 MiB.
CREATE FUNCTION report_shown(snapshot jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
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

-- Whom somebody waits for is BUSY to everybody else, so nobody waits for many at once. Requests of one user
-- are counted one after the other: the lock is held until the transaction of the request ends.
CREATE INDEX session_user_waiting ON session (user_id)
	WHERE state IN ('REQUESTED', 'ACCEPTED') AND advisor_id IS NOT NULL;
CREATE FUNCTION session_waiting(asker uuid, besides uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('session waiting'), hashtext(asker::text));
	RETURN (SELECT count(*) FROM session WHERE user_id = asker AND advisor_id <> besides
		AND state IN ('REQUESTED', 'ACCEPTED'));
END $$;
COMMENT ON FUNCTION session_waiting(uuid, uuid) IS
	'How many advisors besides one the user has asked and not met yet; nobody else counts or asks for them until the transaction ends';

-- Checking the whole audit log takes as long as the log is long: the worker does it, slice by slice, and one
-- at a time.
CREATE TABLE audit_check (
	id uuid PRIMARY KEY,
	asked_by uuid,
	asked_at timestamptz NOT NULL DEFAULT app_now(),
	state text NOT NULL DEFAULT 'RUNNING' CHECK (state IN ('RUNNING', 'GOOD', 'BROKEN', 'FAILED')),
	checked bigint NOT NULL DEFAULT 0,
	last_id bigint NOT NULL DEFAULT 0,
	broken_id bigint,
	done_at timestamptz,
	CONSTRAINT audit_check_done CHECK ((done_at IS NULL) = (state = 'RUNNING')),
	CONSTRAINT audit_check_broken CHECK ((broken_id IS NOT NULL) = (state = 'BROKEN'))
);
COMMENT ON TABLE audit_check IS 'Checks of the whole audit log, by the worker';
COMMENT ON COLUMN audit_check.id IS 'UUID version 7: the newest last';
COMMENT ON COLUMN audit_check.asked_by IS 'The administrator';
COMMENT ON COLUMN audit_check.asked_at IS 'When it was asked for';
COMMENT ON COLUMN audit_check.state IS 'RUNNING, GOOD (all rows fit), BROKEN, or FAILED (its job was given up)';
COMMENT ON COLUMN audit_check.checked IS 'Rows seen so far';
COMMENT ON COLUMN audit_check.last_id IS 'The last of them; where the next slice begins';
COMMENT ON COLUMN audit_check.broken_id IS 'The first row that does not fit the one before';
COMMENT ON COLUMN audit_check.done_at IS 'When it came to an end';
CREATE UNIQUE INDEX audit_check_running ON audit_check ((true)) WHERE state = 'RUNNING';
