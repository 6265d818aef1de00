-- The event log by days: a whole day is dropped at once, and writers go on meanwhile.

-- A day is dropped from the front of every log only if no event is older than the one before it, so
-- the inbox, whose lock orders the events, also hands out their times.
ALTER TABLE inbox ADD COLUMN last_at timestamptz NOT NULL DEFAULT '-infinity',
	ADD COLUMN day_seq bigint NOT NULL DEFAULT 1;
COMMENT ON COLUMN inbox.last_at IS 'Time of the newest event; no event is older than the one before it';
COMMENT ON COLUMN inbox.day_seq IS 'Number of the first event on the day of last_at (UTC)';

ALTER TABLE event RENAME TO event_before;
ALTER TABLE event_before RENAME CONSTRAINT event_pkey TO event_before_pkey;
CREATE TABLE event (
	user_id uuid NOT NULL,
	seq bigint NOT NULL,
	type text NOT NULL CONSTRAINT event_type_length CHECK (length(type) <= 64),
	payload jsonb NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (user_id, seq, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE event IS 'What a user''s clients must hear of, inserted with the change itself by event_emit alone; gapless per user; by days, UTC; read from the write-ahead log by the events program';
COMMENT ON COLUMN event.user_id IS 'Who hears it';
COMMENT ON COLUMN event.seq IS 'Number in that user''s log, from 1, in order of commit; unique, for it is taken under the lock of the inbox';
COMMENT ON COLUMN event.type IS 'As message.created';
COMMENT ON COLUMN event.payload IS 'The data field of the envelope';
COMMENT ON COLUMN event.created_at IS 'Time of the transaction, or of the event before it when that is later';

CREATE TABLE event_default PARTITION OF event DEFAULT;
COMMENT ON TABLE event_default IS 'Events of days that were not made in time; pruned row by row';
CREATE INDEX event_default_created ON event_default (created_at, seq);

-- Waits for locks are short: who inserts or reads must not queue behind one of these for long. What
-- could not be locked is tried again with the next round.
CREATE FUNCTION event_day_make(day date) RETURNS boolean LANGUAGE plpgsql
	SET lock_timeout = '250ms' SET TimeZone = 'UTC' SET client_min_messages = warning AS $$
DECLARE
	name text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('confab event days'))
			OR to_regclass(name) IS NOT NULL
			OR EXISTS (SELECT FROM event_default
				WHERE created_at >= day::timestamptz AND created_at < (day + 1)::timestamptz) THEN
		RETURN false;
	END IF;
	EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING ALL)', name);
	EXECUTE format('COMMENT ON TABLE %I IS %L', name, 'Events of ' || day);
	EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
		name, day::timestamptz, (day + 1)::timestamptz);
	RETURN true;
END $$;
COMMENT ON FUNCTION event_day_make(date) IS
	'Make the partition of a day (UTC); false when it is there, being made, or has begun in event_default';

CREATE FUNCTION event_day_drop(kept_days int) RETURNS boolean LANGUAGE plpgsql
	SET lock_timeout = '250ms' SET TimeZone = 'UTC' AS $$
DECLARE
	last_day text := 'event_' || to_char(app_now() - make_interval(days => kept_days + 1), 'YYYYMMDD');
	name text;
BEGIN
	SELECT c.relname INTO name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_\d{8}$' AND c.relname <= last_day
		ORDER BY c.relname LIMIT 1;
	IF name IS NULL OR NOT pg_try_advisory_xact_lock(hashtext('confab event days')) THEN
		RETURN false;
	END IF;
	-- The lock is on the whole log, for the moment of the commit; CONCURRENTLY is not possible beside a
	-- default partition.
	EXECUTE format('DROP TABLE %I', name);
	RETURN true;
END $$;
COMMENT ON FUNCTION event_day_drop(int) IS
	'Drop the oldest day when all of it is older than that many days; false when there is none';

-- What is there moves over, with times that never go back.
DO $$
DECLARE
	day date;
BEGIN
	FOR day IN SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM event_before
			UNION SELECT (app_now() AT TIME ZONE 'UTC')::date + n FROM generate_series(0, 2) n LOOP
		PERFORM event_day_make(day);
	END LOOP;
END $$;
INSERT INTO event (user_id, seq, type, payload, created_at)
	SELECT user_id, seq, type, payload, max(created_at) OVER (PARTITION BY user_id ORDER BY seq)
	FROM event_before;
UPDATE inbox i SET last_at = e.last_at, day_seq = e.day_seq FROM (
	SELECT user_id, max(last_at) AS last_at,
		min(seq) FILTER (WHERE date_trunc('day', created_at, 'UTC') = date_trunc('day', last_at, 'UTC')) AS day_seq
	FROM (SELECT user_id, seq, created_at, max(created_at) OVER (PARTITION BY user_id) AS last_at FROM event) x
	GROUP BY user_id) e
	WHERE e.user_id = i.user_id;

ALTER PUBLICATION confab_event SET TABLE event;
ALTER PUBLICATION confab_event SET (publish_via_partition_root = true);
DROP TABLE event_before;

CREATE OR REPLACE FUNCTION event_emit(users uuid[], kind text, data jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	person uuid;
	place inbox%ROWTYPE;
BEGIN
	FOR person IN SELECT DISTINCT u FROM unnest(users) u WHERE u IS NOT NULL ORDER BY u LOOP
		UPDATE inbox SET last_seq = last_seq + 1, last_at = greatest(last_at, app_now()),
			day_seq = CASE WHEN app_now() >= date_trunc('day', last_at, 'UTC') + interval '1 day'
				THEN last_seq + 1 ELSE day_seq END
			WHERE user_id = person RETURNING * INTO place;
		INSERT INTO event (user_id, seq, type, payload, created_at)
			VALUES (person, place.last_seq, kind, data, place.last_at);
	END LOOP;
END $$;
COMMENT ON FUNCTION event_emit(uuid[], text, jsonb) IS 'Tell these users, in this transaction';
