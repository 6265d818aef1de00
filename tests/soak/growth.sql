-- Fills a database that is as confab made it with :rows messages, a tenth of them in one conversation (number 0),
-- the others in conversations of 100; they came one after the other, in all conversations at the same time. The
-- two people of conversation 0 have an event for each of the newest :rows / 100 messages. As superuser, with
-- wal_level = minimal, so that what one transaction makes and fills goes past the log. The indexes of table message
-- are left without these rows, to be built again.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET session_replication_role = replica;

CREATE FUNCTION pg_temp.place(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT ('a0a0a0a0-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.person(n bigint, who int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT ('a0a0a0a0-000' || who || '-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;

SELECT :rows * 9 / 1000 AS places \gset
-- Two of 2,000 people each, so that many write in several conversations.
INSERT INTO user_account (id, email, display_name, role)
	SELECT pg_temp.person(n, who), n || '-' || who || '@growth.test', 'Person ' || n, 'USER'
	FROM generate_series(0, least(:places, 2000)) n, generate_series(1, 2) who;
INSERT INTO inbox (user_id) SELECT id FROM user_account WHERE email LIKE '%@growth.test';
INSERT INTO conversation (id, kind, last_seq)
	SELECT pg_temp.place(n), 'DIRECT', CASE n WHEN 0 THEN :rows / 10 ELSE 100 END
	FROM generate_series(0, :places) n;
INSERT INTO member (conversation_id, user_id, role)
	SELECT pg_temp.place(n), pg_temp.person(CASE n WHEN 0 THEN 0 ELSE 1 + n % least(:places, 2000) END, who), 'USER'
	FROM generate_series(0, :places) n, generate_series(1, 2) who;

-- The rules every message keeps are asked of one in a thousand here, and of each that comes later.
SELECT pg_get_constraintdef(oid) AS sound FROM pg_constraint WHERE conname = 'message_sound' \gset
BEGIN;
ALTER TABLE message DROP CONSTRAINT message_sound;
TRUNCATE message CASCADE;
UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = 'message'::regclass;
-- "Seldom" is said 20 times in conversation 0 and nowhere else, "then" there as often and once in every other
-- conversation, "river" in every message; the last word is one of 65,536, as many as people use. The id is in order of
-- time, as version 7.
INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, body, created_at)
	SELECT pg_temp.place(m.place), m.seq,
		(lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(hash, 1, 19))::uuid,
		pg_temp.person(CASE m.place WHEN 0 THEN 0 ELSE 1 + m.place % least(:places, 2000) END, 1 + (n / 7 % 2)::int),
		'USER', 'c-' || hash, CASE WHEN m.seq % (:rows / 200) = 7 AND m.place = 0 THEN 'Seldom and now and then, shall'
			WHEN m.seq = 7 THEN 'Now and then, shall' ELSE 'Shall' END
			|| ' we walk along the river at ten past six, or ' || substr(hash, 1, 4) || '?',
		app_now() - make_interval(secs => 25920000.0 * (:rows - n) / :rows)
	FROM generate_series(1, :rows::bigint) n, LATERAL (SELECT md5(n::text) AS hash OFFSET 0) h, LATERAL (SELECT
		CASE WHEN n % 10 = 0 THEN 0 ELSE 1 + (n - n / 10 - 1) % :places END AS place,
		CASE WHEN n % 10 = 0 THEN n / 10 ELSE 1 + (n - n / 10 - 1) / :places END AS seq) m;
ALTER TABLE message ADD CONSTRAINT message_sound :sound NOT VALID;
COMMIT;
DO $$ BEGIN
	ASSERT (SELECT bool_and(message_sound(m)) FROM message m WHERE seq % 1000 = 0);
END $$;

INSERT INTO event (user_id, seq, type, payload, created_at)
	SELECT pg_temp.person(0, who), row_number() OVER (PARTITION BY who ORDER BY m.seq), 'message.created',
		message_json(m), app_now()
	FROM message m, generate_series(1, 2) who
	WHERE m.conversation_id = pg_temp.place(0) AND m.seq > :rows / 10 - :rows / 100;
UPDATE inbox SET last_seq = :rows / 100, last_at = app_now()
	WHERE user_id IN (pg_temp.person(0, 1), pg_temp.person(0, 2));
