-- The event log of each user: who writes it, and its days.

CREATE OR REPLACE FUNCTION inbox_make() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO inbox (user_id) VALUES (NEW.id);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION inbox_make() IS 'Every account has an inbox';
CREATE OR REPLACE TRIGGER inbox_make AFTER INSERT ON user_account FOR EACH ROW EXECUTE FUNCTION inbox_make();

-- Inboxes are locked in user-id order: no deadlock, and sequence order is commit order.
CREATE OR REPLACE FUNCTION event_append(people uuid[], kind text, data jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	person uuid;
	place record;
BEGIN
	FOREACH person IN ARRAY people LOOP
		UPDATE inbox SET last_seq = last_seq + 1, last_at = greatest(last_at, app_now()),
			day_seq = CASE WHEN app_now() >= date_trunc('day', last_at, 'UTC') + interval '1 day'
				THEN last_seq + 1 ELSE day_seq END
			WHERE user_id = person RETURNING last_seq, last_at INTO place;
		INSERT INTO event (user_id, seq, type, payload, created_at)
			VALUES (person, place.last_seq, kind, data, place.last_at);
	END LOOP;
END $$;
COMMENT ON FUNCTION event_append(uuid[], text, jsonb) IS
	'As event_emit, for people who stand in order of their ids, each once: inboxes are locked in that order';

-- Callers have plan_cache_mode = force_generic_plan: a plan made for each number of people would cost more
-- than the work itself, and so would setting it here again.
CREATE OR REPLACE FUNCTION event_append_each(people uuid[], kind text, data jsonb[]) RETURNS void
	LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	PERFORM FROM inbox WHERE user_id = ANY (people) ORDER BY user_id FOR NO KEY UPDATE;
	WITH told AS MATERIALIZED (
		SELECT person, item, row_number() OVER (PARTITION BY person ORDER BY n) AS step
		FROM unnest(people, data) WITH ORDINALITY t (person, item, n)),
	box AS (UPDATE inbox i SET last_seq = last_seq + t.steps, last_at = greatest(last_at, app_now()),
			day_seq = CASE WHEN app_now() >= date_trunc('day', last_at, 'UTC') + interval '1 day'
				THEN last_seq + 1 ELSE day_seq END
		FROM (SELECT person, max(step) AS steps FROM told GROUP BY person) t WHERE i.user_id = t.person
		RETURNING i.user_id, i.last_seq - t.steps AS before, i.last_at)
	INSERT INTO event (user_id, seq, type, payload, created_at)
		SELECT person, before + step, kind, item, last_at FROM told JOIN box ON user_id = person;
END $$;
COMMENT ON FUNCTION event_append_each(uuid[], text, jsonb[]) IS
	'The first person hears the first of the data and so on, one person''s in this order; inboxes are locked in order of the people''s ids';

CREATE OR REPLACE FUNCTION event_emit(users uuid[], kind text, data jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM event_append(ARRAY(SELECT DISTINCT u FROM unnest(users) u WHERE u IS NOT NULL ORDER BY u),
		kind, data);
END $$;
COMMENT ON FUNCTION event_emit(uuid[], text, jsonb) IS 'Tell these users, in this transaction';

-- Waits for locks are short: who inserts or reads must not queue behind one of these for long. What
-- could not be locked is tried again with the next round.
CREATE OR REPLACE FUNCTION event_day_make(day date) RETURNS boolean LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION event_day_drop(kept_days int) RETURNS boolean LANGUAGE plpgsql
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

-- A new log begins with its first days, so that no event of today goes to event_default before the worker
-- makes its first round.
SELECT event_day_make((app_now() AT TIME ZONE 'UTC')::date + n) FROM generate_series(0, 2) n
	WHERE NOT EXISTS (SELECT FROM pg_inherits
		WHERE inhparent = 'event'::regclass AND inhrelid <> 'event_default'::regclass);
