-- Sending with fewer and plainer statements inside. A function in SQL that looks into a table is parsed and
-- planned anew in every statement that calls it, so the two hot ones ask table block themselves.

CREATE FUNCTION event_append(people uuid[], kind text, data jsonb) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION event_emit(users uuid[], kind text, data jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM event_append(ARRAY(SELECT DISTINCT u FROM unnest(users) u WHERE u IS NOT NULL ORDER BY u),
		kind, data);
END $$;

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
BEGIN
	UPDATE conversation c SET last_seq = c.last_seq + 1, last_message_at = app_now() FROM member k
		WHERE c.id = message_send.conversation
		AND k.conversation_id = message_send.conversation AND k.user_id = sender
		RETURNING c.id, c.last_seq, c.closed_at, c.ai, k.role INTO place;
	IF NOT FOUND THEN PERFORM refuse('not_found'); END IF;
	SELECT * INTO stored FROM message
		WHERE conversation_id = place.id AND sender_id = sender AND client_id = client;
	IF FOUND THEN
		UPDATE conversation SET last_seq = last_seq - 1, last_message_at =
			(SELECT max(created_at) FROM message WHERE conversation_id = place.id AND seq = place.last_seq - 1)
			WHERE id = place.id;
		created := false;
		message_send.message := message_json(stored);
		RETURN;
	END IF;
	IF place.closed_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the conversation is closed'); END IF;
	people := ARRAY(SELECT user_id FROM member WHERE conversation_id = place.id ORDER BY user_id);
	IF EXISTS (SELECT FROM block WHERE user_id = sender AND blocked_id = ANY (people))
			OR EXISTS (SELECT FROM block WHERE user_id = ANY (people) AND blocked_id = sender) THEN
		PERFORM refuse('blocked');
	END IF;
	IF answered IS NOT NULL THEN
		SELECT m.seq, jsonb_build_object('id', m.id, 'seq', m.seq, 'sender_id', m.sender_id,
				'excerpt', message_excerpt(m.body))
			INTO answer_seq, answer FROM message m
			WHERE m.id = answered AND m.conversation_id = place.id AND m.deleted_at IS NULL;
		IF NOT FOUND THEN PERFORM refuse('validation_error', 'reply_to'); END IF;
	END IF;
	IF enclosed IS NOT NULL THEN
		SELECT jsonb_build_object('id', d.id, 'kind', d.kind, 'mime', d.mime, 'bytes', d.bytes)
			INTO enclosure FROM media d
			WHERE d.id = enclosed AND d.owner_id = sender AND d.state = 'READY' AND d.kind = message_send.kind;
		IF NOT FOUND THEN PERFORM refuse('validation_error', 'media_id'); END IF;
	END IF;
	INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, type, body,
			reply_seq, reply, media_id, media)
		VALUES (place.id, place.last_seq, new_id, sender, place.role, client, kind, content,
			answer_seq, answer, enclosed, enclosure)
		RETURNING * INTO stored;
	UPDATE member SET read_seq = stored.seq WHERE conversation_id = place.id AND user_id = sender;
	created := true;
	message_send.message := message_json(stored);
	PERFORM event_append(people, 'message.created', message_send.message);
	IF place.ai THEN
		INSERT INTO job (id, kind, payload) VALUES (gen_random_uuid(), 'ai.reply',
			jsonb_build_object('conversation_id', place.id, 'message_id', stored.id, 'seq', stored.seq));
	END IF;
END $$;
