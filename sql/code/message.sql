-- Messages: as clients see them, sent, edited, deleted, searched.

CREATE OR REPLACE FUNCTION message_json(m message) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', m.id, 'conversation_id', m.conversation_id, 'seq', m.seq,
		'sender_id', m.sender_id, 'sender_type', m.sender_type, 'client_id', m.client_id,
		'type', m.type, 'body', m.body, 'reply_to', m.reply, 'media', m.media,
		'reactions', coalesce(m.reactions, '[]'), 'created_at', time_json(m.created_at),
		'edited_at', time_json(m.edited_at), 'deleted_at', time_json(m.deleted_at))
$$;
COMMENT ON FUNCTION message_json(message) IS 'The message as clients see it, in replies and events';

CREATE OR REPLACE FUNCTION message_excerpt(body text) RETURNS text LANGUAGE sql IMMUTABLE AS
	'SELECT left(body, 120)';
COMMENT ON FUNCTION message_excerpt(text) IS 'What a reply shows of the message it answers';

CREATE OR REPLACE FUNCTION message_brief(m message) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('id', m.id, 'seq', m.seq, 'sender_id', m.sender_id,
		'excerpt', message_excerpt(m.body))
$$;
COMMENT ON FUNCTION message_brief(message) IS 'The message as a reply to it shows it';

CREATE OR REPLACE FUNCTION media_json(d media) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_object('id', d.id, 'kind', d.kind, 'mime', d.mime, 'bytes', d.bytes)
$$;
COMMENT ON FUNCTION media_json(media) IS 'What was uploaded, as messages show it';

CREATE OR REPLACE FUNCTION message_past(m message, newest integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
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

-- A plan made while the table was a page long would read all of it, and be kept until the table is analyzed,
-- however long it has become: this goes by its index from the first. Setting that costs a send 4 %, so only
-- one that repeats another pays it.
CREATE OR REPLACE FUNCTION message_first(place uuid, sender uuid, client text) RETURNS message
	LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
	said message%ROWTYPE;
BEGIN
	SELECT * INTO said FROM message m WHERE m.conversation_id = place AND m.sender_id = sender
		AND m.client_id = client;
	IF FOUND THEN
		UPDATE conversation SET last_seq = last_seq - 1, last_message_at = (SELECT max(m.created_at)
			FROM message m WHERE m.conversation_id = place AND m.seq = conversation.last_seq - 1)
			WHERE id = place;
	END IF;
	RETURN said;
END $$;
COMMENT ON FUNCTION message_first(uuid, uuid, text) IS
	'What the sender has sent under this client_id, the number for another given back; null when nothing';

-- Sending is one function and so one round trip and one transaction: lock the conversation, number, store, tell
-- every member, wake the assistant. What a member may not name is refused by name, but only for a message that
-- is new: a repeated client_id gives the first message whatever became of those since. That it is new is known
-- from storing it, by the unique index: nothing is looked up for that, and no plan can be wrong about it. A
-- function in SQL that looks into a table is parsed and planned anew in every statement that calls it, so this
-- one asks table block itself.
CREATE OR REPLACE FUNCTION message_send(conversation uuid, sender uuid, new_id uuid, client text, kind text,
	content text, answered uuid, enclosed uuid, OUT created boolean, OUT message jsonb)
	LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	place record;
	people uuid[];
	stored message%ROWTYPE;
	answer_seq bigint;
	answer jsonb;
	enclosure jsonb;
	refused text;
	detail text := '';
BEGIN
	UPDATE conversation c SET last_seq = c.last_seq + 1, last_message_at = app_now() FROM member k
		WHERE c.id = message_send.conversation
		AND k.conversation_id = message_send.conversation AND k.user_id = sender
		RETURNING c.id, c.last_seq, c.closed_at, c.ai, k.role INTO place;
	IF NOT FOUND THEN PERFORM refuse('not_found'); END IF;
	people := ARRAY(SELECT user_id FROM member WHERE conversation_id = place.id ORDER BY user_id);
	IF place.closed_at IS NOT NULL THEN
		refused := 'bad_state';
		detail := 'the conversation is closed';
	ELSIF EXISTS (SELECT FROM block WHERE user_id = sender AND blocked_id = ANY (people))
			OR EXISTS (SELECT FROM block WHERE user_id = ANY (people) AND blocked_id = sender) THEN
		refused := 'blocked';
	END IF;
	IF refused IS NULL AND answered IS NOT NULL THEN
		SELECT m.seq, message_brief(m) INTO answer_seq, answer FROM message m
			WHERE m.id = answered AND m.conversation_id = place.id AND m.deleted_at IS NULL;
		IF NOT FOUND THEN
			refused := 'validation_error';
			detail := 'reply_to';
		END IF;
	END IF;
	IF refused IS NULL AND enclosed IS NOT NULL THEN
		SELECT media_json(d) INTO enclosure FROM media d
			WHERE d.id = enclosed AND d.owner_id = sender AND d.state = 'READY' AND d.kind = message_send.kind;
		IF NOT FOUND THEN
			refused := 'validation_error';
			detail := 'media_id';
		END IF;
	END IF;
	created := false;
	IF refused IS NULL THEN
		INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, type, body,
				reply_seq, reply, media_id, media)
			VALUES (place.id, place.last_seq, new_id, sender, place.role, client, kind, content,
				answer_seq, answer, enclosed, enclosure)
			ON CONFLICT (conversation_id, sender_id, client_id) DO NOTHING
			RETURNING * INTO stored;
		created := FOUND;
	END IF;
	IF NOT created THEN
		stored := message_first(place.id, sender, client);
		IF stored.id IS NULL THEN PERFORM refuse(refused, detail); END IF;
		message_send.message := message_json(stored);
		RETURN;
	END IF;
	UPDATE member SET read_seq = stored.seq WHERE conversation_id = place.id AND user_id = sender;
	message_send.message := message_json(stored);
	PERFORM event_append(people, 'message.created', message_send.message);
	IF place.ai THEN
		PERFORM job_add('ai.reply', jsonb_build_object('conversation_id', place.id, 'message_id', stored.id,
			'seq', stored.seq), stored.id::text);
	END IF;
END $$;
COMMENT ON FUNCTION message_send(uuid, uuid, uuid, text, text, text, uuid, uuid) IS
	'Send as a member; the same client_id again gives the first message and created = false';

-- Several drafts at once, by the rules of message_send and as if it were called with one after the other: a
-- test holds the two against each other. (With one draft this costs twice what message_send does, with
-- sixteen a third for each; a loop inside of one statement would cost half as much again.) Every draft has
-- its answer, and nothing is raised for one.
-- Conversations are locked before anything is looked at, so that what is found is as it will stay; then
-- come members and then inboxes, each in the order that everybody keeps. Of drafts with the same client_id
-- the first that is fine is sent; those after it repeat it, those before it are refused as they were alone.
-- The ids of a batch are known to nobody, so no draft answers another. Plans for any number are kept, for
-- one made for each number would cost more than the work; a comparison that no index serves keeps a plan
-- that was made while the table was small from reading the whole conversation of a reply.
-- A plan made while a table was a page long would read all of it, and be kept until the table is analyzed,
-- however long it has become: what has an index goes by it from the first. (That counts a scan as so dear that
-- whatever still needs one would be compiled.)
CREATE OR REPLACE FUNCTION message_send_batch(conversations uuid[], senders uuid[], new_ids uuid[],
	clients text[], kinds text[], contents text[], answered uuid[], enclosed uuid[])
	RETURNS TABLE (number bigint, created boolean, message jsonb, refused text, detail text)
	LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
	assisted boolean;
	fresh boolean[];
	shown jsonb[];
	verdicts text[];
	people uuid[];
	heard jsonb[];
BEGIN
	SELECT bool_or(c.ai) INTO assisted FROM (SELECT c.ai FROM conversation c
		WHERE c.id = ANY (conversations) AND EXISTS (SELECT FROM member k
			WHERE k.conversation_id = c.id AND k.user_id = ANY (senders))
		ORDER BY c.id FOR NO KEY UPDATE) c;
	WITH known AS MATERIALIZED (
		SELECT d.*, place.role, place.last_seq, first_said.said, answer.seq AS reply_seq,
			answer.shown AS reply, enclosure.shown AS media,
			CASE WHEN place.role IS NULL THEN 'not_found'
				WHEN (first_said.said).id IS NOT NULL THEN 'repeated'
				WHEN place.closed_at IS NOT NULL THEN 'bad_state'
				WHEN EXISTS (SELECT FROM block WHERE user_id = sender AND blocked_id = ANY (place.people))
					OR EXISTS (SELECT FROM block WHERE user_id = ANY (place.people) AND blocked_id = sender)
					THEN 'blocked'
				WHEN answered IS NOT NULL AND answer.seq IS NULL THEN 'reply_to'
				WHEN enclosed IS NOT NULL AND enclosure.shown IS NULL THEN 'media_id'
				ELSE 'fine' END AS verdict
		FROM unnest(conversations, senders, new_ids, clients, kinds, contents, answered, enclosed)
			WITH ORDINALITY d (conversation, sender, id, client, kind, content, answered, enclosed, n)
		LEFT JOIN LATERAL (SELECT k.role, c.last_seq, c.closed_at,
				ARRAY(SELECT o.user_id FROM member o WHERE o.conversation_id = d.conversation) AS people
			FROM member k, conversation c WHERE k.conversation_id = d.conversation
			AND k.user_id = d.sender AND c.id = d.conversation LIMIT 1) place ON true
		LEFT JOIN LATERAL (SELECT s AS said FROM message s WHERE s.conversation_id = d.conversation
			AND s.sender_id = d.sender AND s.client_id = d.client LIMIT 1) first_said ON true
		LEFT JOIN LATERAL (SELECT a.seq, message_brief(a) AS shown
			FROM message a WHERE a.id = d.answered AND a.conversation_id IS NOT DISTINCT FROM d.conversation
			AND a.deleted_at IS NULL LIMIT 1) answer ON true
		LEFT JOIN LATERAL (SELECT media_json(f) AS shown FROM media f WHERE f.id = d.enclosed
			AND f.owner_id = d.sender AND f.state = 'READY' AND f.kind = d.kind LIMIT 1) enclosure ON true),
	firsts AS (SELECT *, min(n) FILTER (WHERE verdict = 'fine')
			OVER (PARTITION BY conversation, sender, client) AS first FROM known),
	judged AS MATERIALIZED (SELECT *, last_seq + count(*) FILTER (WHERE first = n)
			OVER (PARTITION BY conversation ORDER BY n) AS seq FROM firsts),
	stored AS (INSERT INTO message AS m (conversation_id, seq, id, sender_id, sender_type, client_id, type,
			body, reply_seq, reply, media_id, media)
		SELECT conversation, seq, id, sender, role, client, kind, content, reply_seq, reply, enclosed, media
		FROM judged WHERE first = n
		RETURNING m.conversation_id, m.seq, message_json(m) AS shown),
	moved AS (UPDATE conversation c SET last_seq = j.seq, last_message_at = app_now()
		FROM (SELECT conversation, max(seq) AS seq FROM judged WHERE first = n GROUP BY conversation) j
		WHERE c.id = j.conversation),
	marked AS (UPDATE member k SET read_seq = j.seq
		FROM (SELECT conversation, sender, max(seq) AS seq FROM judged WHERE first = n
			GROUP BY conversation, sender) j
		WHERE k.conversation_id = j.conversation AND k.user_id = j.sender)
	SELECT array_agg(first = n ORDER BY n),
		array_agg(CASE verdict WHEN 'repeated' THEN message_json(said) ELSE s.shown END ORDER BY n),
		array_agg(CASE WHEN first <= n THEN 'fine' ELSE verdict END ORDER BY n)
		INTO fresh, shown, verdicts
		FROM judged LEFT JOIN (SELECT j.n AS at, s.shown FROM stored s JOIN judged j
			ON j.conversation = s.conversation_id AND j.seq = s.seq AND j.first = j.n) s ON s.at = first AND first <= n;
	SELECT array_agg(k.user_id ORDER BY n), array_agg(d.item ORDER BY n) INTO people, heard
		FROM unnest(fresh, shown, conversations) WITH ORDINALITY d (fresh, item, conversation, n)
		JOIN member k ON k.conversation_id = d.conversation WHERE d.fresh;
	PERFORM event_append_each(people, 'message.created', heard);
	IF assisted THEN
		PERFORM job_add('ai.reply', jsonb_build_object('conversation_id', c.id, 'message_id', d.item->'id',
			'seq', d.item->'seq'), d.item->>'id')
			FROM unnest(fresh, shown, conversations) d (fresh, item, conversation)
			JOIN conversation c ON c.id = d.conversation AND c.ai WHERE d.fresh;
	END IF;
	RETURN QUERY SELECT n, CASE WHEN verdict IN ('fine', 'repeated') THEN coalesce(fresh, false) END, item,
		CASE WHEN verdict IN ('reply_to', 'media_id') THEN 'validation_error'
			WHEN verdict NOT IN ('fine', 'repeated') THEN verdict END,
		CASE WHEN verdict IN ('reply_to', 'media_id') THEN verdict
			WHEN verdict = 'bad_state' THEN 'the conversation is closed' END
		FROM unnest(fresh, shown, verdicts) WITH ORDINALITY d (fresh, item, verdict, n) ORDER BY n;
END $$;
COMMENT ON FUNCTION message_send_batch(uuid[], uuid[], uuid[], text[], text[], text[], uuid[], uuid[]) IS
	'Send as members, the first draft from the first of each array and so on; a row for each in their order: the message and created as from message_send, or the code and detail it is refused with';

-- The assistant's and the system's messages have no sender and cannot be made through message_send.
CREATE OR REPLACE FUNCTION message_post(conversation uuid, as_type text, new_id uuid, client text,
	content text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	place conversation%ROWTYPE;
	stored message%ROWTYPE;
BEGIN
	SELECT * INTO place FROM conversation c WHERE c.id = message_post.conversation FOR NO KEY UPDATE;
	SELECT * INTO stored FROM message m WHERE m.conversation_id = place.id
		AND m.sender_id IS NULL AND m.client_id = client;
	IF FOUND THEN RETURN message_json(stored); END IF;
	IF place.id IS NULL THEN PERFORM refuse('not_found'); END IF;
	IF place.closed_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the conversation is closed'); END IF;
	UPDATE conversation c SET last_seq = last_seq + 1, last_message_at = app_now() WHERE c.id = place.id;
	INSERT INTO message (conversation_id, seq, id, sender_type, client_id, type, body)
		VALUES (place.id, place.last_seq + 1, new_id, as_type, client,
			CASE as_type WHEN 'SYSTEM' THEN 'system' ELSE 'text' END, content)
		RETURNING * INTO stored;
	PERFORM event_emit(ARRAY(SELECT user_id FROM member m WHERE m.conversation_id = place.id),
		'message.created', message_json(stored));
	RETURN message_json(stored);
END $$;
COMMENT ON FUNCTION message_post(uuid, text, uuid, text, text) IS
	'A message of the assistant (AI) or the system (SYSTEM); the same client again gives the first';

-- What changes a message locks its conversation first, as sending and closing do: all that happens in a
-- conversation happens one after the other, and there is no deadlock.
CREATE OR REPLACE FUNCTION message_lock(target uuid, person uuid, OUT place conversation, OUT said message)
	LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	SELECT c.* INTO place FROM message m JOIN conversation c ON c.id = m.conversation_id
		JOIN member k ON k.conversation_id = c.id AND k.user_id = person
		WHERE m.id = target FOR NO KEY UPDATE OF c;
	IF NOT FOUND THEN PERFORM refuse('not_found'); END IF;
	SELECT m.* INTO said FROM message m WHERE m.id = target;
END $$;
COMMENT ON FUNCTION message_lock(uuid, uuid) IS
	'A message and its conversation, locked; not_found unless the person is a member';

CREATE OR REPLACE FUNCTION message_own(target uuid, person uuid) RETURNS message LANGUAGE plpgsql AS $$
DECLARE
	said message%ROWTYPE;
BEGIN
	SELECT (l.said).* INTO said FROM message_lock(target, person) l;
	IF said.sender_id IS DISTINCT FROM person THEN PERFORM refuse('not_found'); END IF;
	RETURN said;
END $$;
COMMENT ON FUNCTION message_own(uuid, uuid) IS
	'A message, its conversation locked; not_found unless the person sent it and is a member';

CREATE OR REPLACE FUNCTION message_writable(place conversation, person uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF place.closed_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the conversation is closed'); END IF;
	IF EXISTS (SELECT FROM member k WHERE k.conversation_id = place.id AND k.user_id <> person
			AND block_between(k.user_id, person)) THEN
		PERFORM refuse('blocked');
	END IF;
END $$;
COMMENT ON FUNCTION message_writable(conversation, uuid) IS 'Refuses where the person could not send';

CREATE OR REPLACE FUNCTION message_keep(m message) RETURNS void LANGUAGE sql AS $$
	INSERT INTO message_version (conversation_id, seq, version, body, media, said_at)
	SELECT m.conversation_id, m.seq, count(*) + 1, m.body, m.media,
		coalesce(m.edited_at, m.created_at)
	FROM message_version v WHERE v.conversation_id = m.conversation_id AND v.seq = m.seq
$$;
COMMENT ON FUNCTION message_keep(message) IS 'Keep what a message says now, before it says something else';

CREATE OR REPLACE FUNCTION message_tell(m message, kind text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	UPDATE message r SET reply = jsonb_set(r.reply, '{excerpt}', to_jsonb(message_excerpt(m.body)))
		WHERE r.conversation_id = m.conversation_id AND r.reply_seq = m.seq;
	PERFORM event_emit(ARRAY(SELECT k.user_id FROM member k WHERE k.conversation_id = m.conversation_id),
		kind, message_json(m));
	RETURN message_json(m);
END $$;
COMMENT ON FUNCTION message_tell(message, text) IS
	'After a change: the excerpts in replies follow, and every member hears of it';

-- Words that were replaced are not told any more, as those that were deleted: a client that comes with an
-- older cursor hears of a message as it is now. (The events program forgets what it remembers of a user's
-- events when it hears of an edit or a deletion.)
CREATE OR REPLACE FUNCTION message_untell(m message) RETURNS void LANGUAGE sql AS $$
	UPDATE event e SET payload = CASE WHEN e.payload->>'id' = m.id::text THEN message_json(m)
			ELSE jsonb_set(e.payload, '{reply_to,excerpt}', to_jsonb(message_excerpt(m.body))) END
		WHERE e.user_id = ANY (ARRAY(SELECT k.user_id FROM member k WHERE k.conversation_id = m.conversation_id))
		AND e.created_at >= m.created_at AND e.type IN ('message.created', 'message.updated')
		AND (e.payload->>'id' = m.id::text OR e.payload->'reply_to'->>'id' = m.id::text)
$$;
COMMENT ON FUNCTION message_untell(message) IS
	'Put what a message says now, nothing when it was deleted, into the events that told what it said before, and into those of its replies';

CREATE OR REPLACE FUNCTION message_edit(target uuid, person uuid, content text, window_s int) RETURNS jsonb
	LANGUAGE plpgsql AS $$
DECLARE
	said message%ROWTYPE := message_own(target, person);
	changed message%ROWTYPE;
BEGIN
	IF said.deleted_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the message was deleted'); END IF;
	IF said.body = content THEN RETURN message_json(said); END IF;
	IF said.type <> 'text' THEN PERFORM refuse('bad_state', 'only text can be edited'); END IF;
	IF said.created_at <= app_now() - make_interval(secs => window_s) THEN
		PERFORM refuse('bad_state', 'the time for edits is over');
	END IF;
	PERFORM message_writable(c, person) FROM conversation c WHERE c.id = said.conversation_id;
	PERFORM message_keep(said);
	UPDATE message m SET body = content, edited_at = app_now() WHERE m.id = target RETURNING * INTO changed;
	PERFORM message_untell(changed);
	RETURN message_tell(changed, 'message.updated');
END $$;
COMMENT ON FUNCTION message_edit(uuid, uuid, text, int) IS
	'The sender says it in other words, within the window and where sending is allowed';

CREATE OR REPLACE FUNCTION message_empty(said message) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	changed message%ROWTYPE;
BEGIN
	PERFORM message_keep(said);
	DELETE FROM reaction r WHERE r.conversation_id = said.conversation_id AND r.seq = said.seq;
	UPDATE message m SET body = '', reply_seq = NULL, reply = NULL, media_id = NULL, media = NULL,
		reactions = NULL, deleted_at = app_now() WHERE m.id = said.id RETURNING * INTO changed;
	PERFORM message_untell(changed);
	RETURN message_tell(changed, 'message.deleted');
END $$;
COMMENT ON FUNCTION message_empty(message) IS
	'Its place stays, empty, and what it said is kept; the conversation is locked by who asks';

CREATE OR REPLACE FUNCTION message_delete(target uuid, person uuid, window_s int) RETURNS jsonb
	LANGUAGE plpgsql AS $$
DECLARE
	said message%ROWTYPE := message_own(target, person);
BEGIN
	IF said.deleted_at IS NOT NULL THEN RETURN message_json(said); END IF;
	IF said.created_at <= app_now() - make_interval(secs => window_s) THEN
		PERFORM refuse('bad_state', 'the time for deletion is over');
	END IF;
	RETURN message_empty(said);
END $$;
COMMENT ON FUNCTION message_delete(uuid, uuid, int) IS
	'The sender takes it back within the window, also in a closed conversation and from whom they blocked';

CREATE OR REPLACE FUNCTION message_remove(target uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	said message%ROWTYPE;
BEGIN
	PERFORM c.id FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE m.id = target
		FOR NO KEY UPDATE OF c;
	SELECT * INTO said FROM message m WHERE m.id = target;
	IF NOT FOUND THEN PERFORM refuse('not_found'); END IF;
	IF said.deleted_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the message was deleted'); END IF;
	PERFORM message_empty(said);
END $$;
COMMENT ON FUNCTION message_remove(uuid) IS
	'An administrator takes it away, whosever it is and whenever it was said; for who wrote it and all others as if it had been deleted';

-- As dear as it is for the planner's sake: in the index it is asked once, for messages one by one each time. Where most
-- conversations are short it would else read one of a million messages through.
CREATE OR REPLACE FUNCTION search_words(q text) RETURNS tsquery LANGUAGE sql STABLE COST 10000 AS $$
	SELECT CASE WHEN w::text LIKE '%''' THEN (w::text || ':*')::tsquery ELSE w END
	FROM websearch_to_tsquery('confab', q) w
$$;
COMMENT ON FUNCTION search_words(text) IS
	'What somebody typed as a query: all words, "phrases", or, -not; the last word may be unfinished';
