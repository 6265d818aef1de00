-- For test_message_batch.c: two worlds with the same people, conversations and media, whose ids differ in one
-- digit. One sends in batches, the other one by one; what becomes of both must be the same.
DO $do$ BEGIN

CREATE FUNCTION pg_temp.named(world int, what int, n int) RETURNS uuid LANGUAGE sql STRICT AS $$
	SELECT format('%s%s-%s-7000-8000-%s', current_setting('test.tag'), world, lpad(what::text, 4, '0'),
		lpad(n::text, 12, '0'))::uuid
$$;

-- What something of a world is called in the other.
CREATE FUNCTION pg_temp.plain(thing text) RETURNS text LANGUAGE sql AS $$
	SELECT replace(thing, current_setting('test.tag') || '1-', current_setting('test.tag') || '0-')
$$;

-- Seven people, of whom the last is in no conversation; five conversations, the third of three people, the
-- fourth with the assistant; media of the first two people, not all READY.
CREATE FUNCTION pg_temp.furnish(world int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO user_account (id, email, display_name, role)
		SELECT pg_temp.named(world, 1, n), pg_temp.named(world, 1, n) || '@example.test', 'Batch', 'USER'
		FROM generate_series(1, 7) n;
	INSERT INTO conversation (id, kind, ai) SELECT pg_temp.named(world, 2, n), 'DIRECT', n = 4
		FROM generate_series(1, 5) n;
	INSERT INTO member (conversation_id, user_id, role)
		SELECT pg_temp.named(world, 2, c), pg_temp.named(world, 1, u), 'USER'
		FROM (VALUES (1, 1), (1, 2), (2, 1), (2, 3), (3, 2), (3, 3), (3, 4), (4, 1), (5, 5), (5, 6)) m (c, u);
	INSERT INTO media (id, owner_id, kind, mime, bytes, state)
		SELECT pg_temp.named(world, 3, n), pg_temp.named(world, 1, 1 + n % 2),
			CASE WHEN n < 4 THEN 'image' ELSE 'voice' END, 'image/png', 10,
			CASE WHEN n = 3 THEN 'PENDING' ELSE 'READY' END
		FROM generate_series(1, 4) n;
$$;

-- Somebody closes or opens a conversation, blocks or lets in, takes something back.
CREATE FUNCTION pg_temp.meddle(world int, dice int, n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	a uuid := pg_temp.named(world, 1, 1 + n % 4);
	b uuid := pg_temp.named(world, 1, 1 + (n + 1) % 4);
BEGIN
	IF dice = 0 THEN
		UPDATE conversation SET closed_at = CASE WHEN closed_at IS NULL THEN app_now() END
			WHERE id = pg_temp.named(world, 2, 1 + n % 5);
	ELSIF dice = 1 THEN
		DELETE FROM block WHERE user_id = a AND blocked_id = b;
		IF NOT FOUND THEN INSERT INTO block (user_id, blocked_id) VALUES (a, b); END IF;
	ELSIF dice = 2 THEN
		PERFORM message_delete(m.id, m.sender_id, 86400) FROM message m
			JOIN conversation c ON c.id = m.conversation_id AND m.seq = c.last_seq - n % 7
			WHERE c.id = pg_temp.named(world, 2, 1 + n % 5);
	END IF;
END $$;

-- One batch in one world and the same one by one in the other; what differs, '' when nothing does.
CREATE FUNCTION pg_temp.round(number int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	size int := 1 + floor(random() * random() * 24);
	draft record;
	answer record;
	seen text;
	dice int := floor(random() * 12);
	n int := floor(random() * 1000);
BEGIN
	PERFORM pg_temp.meddle(w, dice, n) FROM generate_series(0, 1) w;
	CREATE TEMP TABLE IF NOT EXISTS draft (n int, place int, sender int, client text, kind text, body text,
		seq bigint, media int);
	CREATE TEMP TABLE IF NOT EXISTS outcome (n bigint, said text);
	TRUNCATE draft, outcome;
	INSERT INTO draft SELECT i, floor(random() * 6), 1 + floor(random() * 7),
			'c' || number / 20 * 20 + floor(random() * 40), -- new ones, and some of the last rounds
			(ARRAY['text', 'text', 'image', 'voice'])[1 + floor(random() * 4)], 'Words of ' || i,
			CASE WHEN random() < 0.3 THEN 0 END,
			CASE WHEN random() < 0.3 THEN 1 + floor(random() * 5) END
		FROM generate_series(1, size) i;
	-- Most are by somebody who is there.
	UPDATE draft d SET sender = (SELECT right(k.user_id::text, 12)::int FROM member k
			WHERE k.conversation_id = pg_temp.named(0, 2, d.place) ORDER BY random() + d.n * 0 LIMIT 1)
		WHERE d.place BETWEEN 1 AND 5 AND random() < 0.8;
	-- And some say again what one before them did, or what it may not.
	UPDATE draft d SET place = o.place, sender = o.sender, client = o.client FROM draft o
		WHERE o.n = d.n - 1 - number % 3 AND random() < 0.3;
	UPDATE draft SET kind = 'text' WHERE media IS NULL;
	-- They answer what was said lately.
	UPDATE draft d SET seq = c.last_seq + 1 - floor(random() * 12) FROM conversation c
		WHERE d.seq = 0 AND c.id = pg_temp.named(0, 2, d.place);
	INSERT INTO outcome SELECT b.number, concat_ws(' ', coalesce(b.created::text, '-'),
			coalesce(b.refused, '-'), coalesce(b.detail, ''), b.message::text)
		FROM (SELECT array_agg(pg_temp.named(0, 2, place) ORDER BY d.n) AS places,
				array_agg(pg_temp.named(0, 1, sender) ORDER BY d.n) AS senders,
				array_agg(pg_temp.named(0, 9, number * 100 + d.n * 37 % 97) ORDER BY d.n) AS ids,
				array_agg(client ORDER BY d.n) AS clients, array_agg(kind ORDER BY d.n) AS kinds,
				array_agg(body ORDER BY d.n) AS bodies, array_agg(pg_temp.answered(0, place, seq)
				ORDER BY d.n) AS answered,
				array_agg(pg_temp.named(0, 3, media) ORDER BY d.n) AS media FROM draft d) a,
		message_send_batch(places, senders, ids, clients, kinds, bodies, answered, media) b;
	FOR draft IN SELECT *, pg_temp.answered(1, place, seq) AS answered FROM draft d ORDER BY d.n LOOP
		BEGIN
			SELECT * INTO answer FROM message_send(pg_temp.named(1, 2, draft.place),
				pg_temp.named(1, 1, draft.sender), pg_temp.named(1, 9, number * 100 + draft.n * 37 % 97),
				draft.client, draft.kind, draft.body, draft.answered, pg_temp.named(1, 3, draft.media));
			seen := concat_ws(' ', answer.created::text, '-', '', pg_temp.plain(answer.message::text));
		EXCEPTION WHEN SQLSTATE 'CF000' THEN
			GET STACKED DIAGNOSTICS seen = PG_EXCEPTION_DETAIL;
			seen := concat_ws(' ', '-', SQLERRM, seen, NULL);
		END;
		IF NOT EXISTS (SELECT FROM outcome o WHERE o.n = draft.n AND o.said = seen) THEN
			RETURN format('round %s, draft %s: one by one %s, in a batch %s', number, to_jsonb(draft), seen,
				(SELECT o.said FROM outcome o WHERE o.n = draft.n));
		END IF;
	END LOOP;
	RETURN '';
END $$;

-- The message of that number, before the batch; another's id when there is none.
CREATE FUNCTION pg_temp.answered(world int, place int, number bigint) RETURNS uuid LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT id FROM message WHERE conversation_id = pg_temp.named(world, 2, place)
		AND seq = number), pg_temp.named(world, 8, 1)) WHERE number IS NOT NULL
$$;

-- Every row of a world in the words of the first.
CREATE FUNCTION pg_temp.all_rows(world int) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT pg_temp.plain(r) FROM (
		SELECT to_jsonb(m)::text FROM message m JOIN member k USING (conversation_id)
			WHERE k.user_id = ANY (ARRAY(SELECT pg_temp.named(world, 1, n) FROM generate_series(1, 7) n))
		UNION ALL SELECT to_jsonb(c)::text FROM conversation c
			WHERE c.id = ANY (ARRAY(SELECT pg_temp.named(world, 2, n) FROM generate_series(1, 5) n))
		UNION ALL SELECT to_jsonb(k)::text FROM member k
			WHERE k.user_id = ANY (ARRAY(SELECT pg_temp.named(world, 1, n) FROM generate_series(1, 7) n))
		UNION ALL SELECT to_jsonb(i)::text FROM inbox i
			WHERE i.user_id = ANY (ARRAY(SELECT pg_temp.named(world, 1, n) FROM generate_series(1, 7) n))
		UNION ALL SELECT to_jsonb(e)::text FROM event e
			WHERE e.user_id = ANY (ARRAY(SELECT pg_temp.named(world, 1, n) FROM generate_series(1, 7) n))
		UNION ALL SELECT 'job ' || (to_jsonb(j) - 'id')::text FROM job j
			WHERE j.payload->>'conversation_id' = pg_temp.named(world, 2, 4)::text) x (r)
$$;

END $do$
