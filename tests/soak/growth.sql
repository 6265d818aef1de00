-- Fills a database that is as confab made it with :rows messages, a tenth of them in one conversation (number 0),
-- the others in conversations of 100; they came one after the other, in all conversations at the same time. The
-- two people of conversation 0 have an event for each of the newest :rows / 100 messages. As superuser.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
SET max_parallel_maintenance_workers = 1;
SET synchronous_commit = off;

CREATE FUNCTION pg_temp.place(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT ('a0a0a0a0-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.person(n bigint, who int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT ('a0a0a0a0-000' || who || '-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
-- In order of time, as version 7.
CREATE FUNCTION pg_temp.said(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid $$;

SELECT :rows * 9 / 1000 AS places \gset
-- Two of 2,000 people each, so that many write in several conversations.
INSERT INTO user_account (id, email, display_name, role)
	SELECT pg_temp.person(n, who), n || '-' || who || '@growth.test', 'Person ' || n, 'USER'
	FROM generate_series(0, least(:places, 2000)) n, generate_series(1, 2) who;
INSERT INTO inbox (user_id) SELECT id FROM user_account WHERE email LIKE '%@growth.test';
INSERT INTO conversation (id, kind, last_seq, last_message_at)
	SELECT pg_temp.place(n), 'DIRECT', CASE n WHEN 0 THEN :rows / 10 ELSE 100 END, app_now()
	FROM generate_series(0, :places) n;
INSERT INTO member (conversation_id, user_id, role)
	SELECT pg_temp.place(n), pg_temp.person(CASE n WHEN 0 THEN 0 ELSE 1 + n % least(:places, 2000) END, who), 'USER'
	FROM generate_series(0, :places) n, generate_series(1, 2) who;

-- Indexes are left alone now and built afterwards.
UPDATE pg_index SET indisready = false WHERE indrelid = 'message'::regclass;
INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, body, created_at)
	SELECT pg_temp.place(m.place), m.seq, pg_temp.said(n),
		pg_temp.person(CASE m.place WHEN 0 THEN 0 ELSE 1 + m.place % least(:places, 2000) END, 1 + (n / 7 % 2)::int),
		'USER', 'c-' || n, 'I will be at the station at ten past six, shall we walk along the river from there? '
			|| CASE WHEN m.seq % (:rows / 200) = 7 THEN 'seldom ' ELSE '' END || substr(md5(n::text), 1, 6),
		app_now() - make_interval(secs => 25920000.0 * (:rows - n) / :rows)
	FROM generate_series(1, :rows::bigint) n, LATERAL (SELECT
		CASE WHEN n % 10 = 0 THEN 0 ELSE 1 + (n - n / 10 - 1) % :places END AS place,
		CASE WHEN n % 10 = 0 THEN n / 10 ELSE 1 + (n - n / 10 - 1) / :places END AS seq) m;
REINDEX TABLE message;

INSERT INTO event (user_id, seq, type, payload, created_at)
	SELECT pg_temp.person(0, who), row_number() OVER (PARTITION BY who ORDER BY m.seq), 'message.created',
		message_json(m), app_now()
	FROM message m, generate_series(1, 2) who
	WHERE m.conversation_id = pg_temp.place(0) AND m.seq > :rows / 10 - :rows / 100;
UPDATE inbox SET last_seq = :rows / 100, last_at = app_now()
	WHERE user_id IN (pg_temp.person(0, 1), pg_temp.person(0, 2));
VACUUM ANALYZE;
