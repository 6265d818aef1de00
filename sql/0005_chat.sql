-- Chat at full strength: edits and deletions with their history, replies, reactions, media by id, mute,
-- search in one's own conversations.

CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE TABLE media (
	id uuid PRIMARY KEY,
	owner_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	kind text NOT NULL CHECK (kind IN ('image', 'voice', 'video', 'file')),
	mime text NOT NULL CHECK (length(mime) BETWEEN 3 AND 127),
	bytes bigint NOT NULL CHECK (bytes > 0),
	state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'READY', 'REFUSED')),
	created_at timestamptz NOT NULL DEFAULT app_now()
);
COMMENT ON TABLE media IS 'What people upload to send; only READY media can go into a message';
COMMENT ON COLUMN media.id IS 'UUID version 7';
COMMENT ON COLUMN media.owner_id IS 'Who uploaded it, and alone may send it';
COMMENT ON COLUMN media.kind IS 'image, voice, video or file: the type of messages it goes into';
COMMENT ON COLUMN media.mime IS 'Media type, as image/jpeg';
COMMENT ON COLUMN media.bytes IS 'Size';
COMMENT ON COLUMN media.state IS 'PENDING until whole and scanned, READY, or REFUSED by the scan';
COMMENT ON COLUMN media.created_at IS 'When the upload began';

-- What a message shows of its reply, media and reactions is kept with it as JSON: reading and sending
-- stay one row each, and message_json stays an expression that is inlined.
ALTER TABLE message
	ADD reply_seq bigint,
	ADD reply jsonb,
	ADD media_id uuid REFERENCES media ON DELETE RESTRICT,
	ADD media jsonb,
	ADD reactions jsonb,
	ADD edited_at timestamptz,
	ADD deleted_at timestamptz,
	ADD CONSTRAINT message_reply_fkey FOREIGN KEY (conversation_id, reply_seq)
		REFERENCES message (conversation_id, seq) ON DELETE RESTRICT,
	ADD CONSTRAINT message_reply_whole CHECK ((reply IS NULL) = (reply_seq IS NULL)),
	ADD CONSTRAINT message_reply_before CHECK (reply_seq < seq),
	ADD CONSTRAINT message_media_whole CHECK ((media IS NULL) = (media_id IS NULL)),
	ADD CONSTRAINT message_system CHECK ((type = 'system') = (sender_type = 'SYSTEM')),
	ADD CONSTRAINT message_tombstone CHECK (deleted_at IS NULL OR
		(body = '' AND reply_seq IS NULL AND media_id IS NULL AND reactions IS NULL));
COMMENT ON COLUMN message.reply_seq IS 'Number of the message it answers, in the same conversation';
COMMENT ON COLUMN message.reply IS 'That message as shown with this one: id, seq, sender_id, excerpt; follows its edits';
COMMENT ON COLUMN message.media_id IS 'What is sent with it';
COMMENT ON COLUMN message.media IS 'That as shown: id, kind, mime, bytes';
COMMENT ON COLUMN message.reactions IS 'Rows of reaction as shown; null when there were never any';
COMMENT ON COLUMN message.edited_at IS 'Last edit';
COMMENT ON COLUMN message.deleted_at IS 'When its sender took it back: only the place is left';
CREATE INDEX message_reply ON message (conversation_id, reply_seq) WHERE reply_seq IS NOT NULL;
CREATE INDEX message_deleted ON message (conversation_id, seq) WHERE deleted_at IS NOT NULL;

CREATE TABLE message_version (
	conversation_id uuid NOT NULL,
	seq bigint NOT NULL,
	version int NOT NULL,
	body text NOT NULL,
	media jsonb,
	said_at timestamptz NOT NULL,
	replaced_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (conversation_id, seq, version),
	FOREIGN KEY (conversation_id, seq) REFERENCES message ON DELETE RESTRICT
);
COMMENT ON TABLE message_version IS 'What messages said before they were edited or deleted; for reports and disputes, never for clients';
COMMENT ON COLUMN message_version.conversation_id IS 'Where';
COMMENT ON COLUMN message_version.seq IS 'Which message';
COMMENT ON COLUMN message_version.version IS 'From 1, the oldest';
COMMENT ON COLUMN message_version.body IS 'What it said';
COMMENT ON COLUMN message_version.media IS 'What was sent with it';
COMMENT ON COLUMN message_version.said_at IS 'Since when it said that';
COMMENT ON COLUMN message_version.replaced_at IS 'When it was edited or deleted';

CREATE TABLE reaction (
	conversation_id uuid NOT NULL,
	seq bigint NOT NULL,
	emoji text NOT NULL CHECK (octet_length(emoji) BETWEEN 1 AND 16),
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	number bigint GENERATED ALWAYS AS IDENTITY,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (conversation_id, seq, emoji, user_id),
	FOREIGN KEY (conversation_id, seq) REFERENCES message ON DELETE RESTRICT
);
COMMENT ON TABLE reaction IS 'One emoji of one person on one message';
COMMENT ON COLUMN reaction.conversation_id IS 'Where';
COMMENT ON COLUMN reaction.seq IS 'Which message';
COMMENT ON COLUMN reaction.emoji IS 'One emoji, UTF-8';
COMMENT ON COLUMN reaction.user_id IS 'Whose';
COMMENT ON COLUMN reaction.number IS 'Order in which they came';
COMMENT ON COLUMN reaction.created_at IS 'When';

ALTER TABLE member ADD muted_until timestamptz;
COMMENT ON COLUMN member.muted_until IS 'This member wants no notice until then; infinity: until unmuted; null: not muted';

-- Words without accents, whatever the language: people mix them.
CREATE TEXT SEARCH CONFIGURATION confab (COPY = pg_catalog.simple);
COMMENT ON TEXT SEARCH CONFIGURATION confab IS 'Words as they are, without case and accents';
ALTER TEXT SEARCH CONFIGURATION confab
	ALTER MAPPING FOR hword, hword_part, word WITH unaccent, pg_catalog.simple;
-- With the conversation in front, a search reads what its own conversations hold and no more. A short
-- pending list keeps searches fast; sending does not wait for the index.
CREATE INDEX message_words ON message USING gin (conversation_id, to_tsvector('confab', body))
	WITH (gin_pending_list_limit = 512) WHERE type <> 'system';

CREATE FUNCTION search_words(q text) RETURNS tsquery LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN w::text LIKE '%''' THEN (w::text || ':*')::tsquery ELSE w END
	FROM websearch_to_tsquery('confab', q) w
$$;
COMMENT ON FUNCTION search_words(text) IS
	'What somebody typed as a query: all words, "phrases", or, -not; the last word may be unfinished';

CREATE OR REPLACE FUNCTION message_json(m message) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', m.id, 'conversation_id', m.conversation_id, 'seq', m.seq,
		'sender_id', m.sender_id, 'sender_type', m.sender_type, 'client_id', m.client_id,
		'type', m.type, 'body', m.body, 'reply_to', m.reply, 'media', m.media,
		'reactions', coalesce(m.reactions, '[]'), 'created_at', time_json(m.created_at),
		'edited_at', time_json(m.edited_at), 'deleted_at', time_json(m.deleted_at))
$$;

CREATE FUNCTION message_excerpt(body text) RETURNS text LANGUAGE sql IMMUTABLE AS
	'SELECT left(body, 120)';
COMMENT ON FUNCTION message_excerpt(text) IS 'What a reply shows of the message it answers';

CREATE FUNCTION message_versions(m message) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('body', v.body, 'media', v.media,
		'said_at', time_json(v.said_at), 'replaced_at', time_json(v.replaced_at))
		ORDER BY v.version), '[]')
	FROM message_version v WHERE v.conversation_id = m.conversation_id AND v.seq = m.seq
$$;
COMMENT ON FUNCTION message_versions(message) IS 'What a message said before, the oldest first';

-- Sending as before, in one round trip, now also with what is answered and with media. What a member
-- may not name is refused by name, but only for a message that is new: a repeated client_id gives the
-- first message whatever became of those since.
DROP FUNCTION message_send(uuid, uuid, uuid, text, text, text);
CREATE FUNCTION message_send(conversation uuid, sender uuid, new_id uuid, client text, kind text,
	content text, answered uuid, enclosed uuid, OUT created boolean, OUT message jsonb)
	LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	place conversation%ROWTYPE;
	as_role text;
	stored message%ROWTYPE;
	answer_seq bigint;
	answer jsonb;
	enclosure jsonb;
BEGIN
	SELECT role INTO as_role FROM member
		WHERE conversation_id = message_send.conversation AND user_id = sender;
	IF NOT FOUND THEN PERFORM refuse('not_found'); END IF;
	UPDATE conversation SET last_seq = last_seq + 1, last_message_at = app_now()
		WHERE id = message_send.conversation RETURNING * INTO place;
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
	IF EXISTS (SELECT FROM member WHERE conversation_id = place.id AND user_id <> sender
			AND block_between(user_id, sender)) THEN
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
		VALUES (place.id, place.last_seq, new_id, sender, as_role, client, kind, content,
			answer_seq, answer, enclosed, enclosure)
		RETURNING * INTO stored;
	UPDATE member SET read_seq = stored.seq WHERE conversation_id = place.id AND user_id = sender;
	created := true;
	message_send.message := message_json(stored);
	PERFORM event_emit(ARRAY(SELECT user_id FROM member WHERE conversation_id = place.id),
		'message.created', message_send.message);
	IF place.ai THEN
		INSERT INTO job (id, kind, payload) VALUES (gen_random_uuid(), 'ai.reply',
			jsonb_build_object('conversation_id', place.id, 'message_id', stored.id, 'seq', stored.seq));
	END IF;
END $$;
COMMENT ON FUNCTION message_send(uuid, uuid, uuid, text, text, text, uuid, uuid) IS
	'Send as a member; the same client_id again gives the first message and created = false';

-- What changes a message locks its conversation first, as sending and closing do: all that happens in a
-- conversation happens one after the other, and there is no deadlock.
CREATE FUNCTION message_lock(target uuid, person uuid, OUT place conversation, OUT said message)
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

CREATE FUNCTION message_writable(place conversation, person uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF place.closed_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the conversation is closed'); END IF;
	IF EXISTS (SELECT FROM member k WHERE k.conversation_id = place.id AND k.user_id <> person
			AND block_between(k.user_id, person)) THEN
		PERFORM refuse('blocked');
	END IF;
END $$;
COMMENT ON FUNCTION message_writable(conversation, uuid) IS 'Refuses where the person could not send';

CREATE FUNCTION message_keep(m message) RETURNS void LANGUAGE sql AS $$
	INSERT INTO message_version (conversation_id, seq, version, body, media, said_at)
	SELECT m.conversation_id, m.seq, count(*) + 1, m.body, m.media,
		coalesce(m.edited_at, m.created_at)
	FROM message_version v WHERE v.conversation_id = m.conversation_id AND v.seq = m.seq
$$;
COMMENT ON FUNCTION message_keep(message) IS 'Keep what a message says now, before it says something else';

CREATE FUNCTION message_tell(m message, kind text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	UPDATE message r SET reply = jsonb_set(r.reply, '{excerpt}', to_jsonb(message_excerpt(m.body)))
		WHERE r.conversation_id = m.conversation_id AND r.reply_seq = m.seq;
	PERFORM event_emit(ARRAY(SELECT k.user_id FROM member k WHERE k.conversation_id = m.conversation_id),
		kind, message_json(m));
	RETURN message_json(m);
END $$;
COMMENT ON FUNCTION message_tell(message, text) IS
	'After a change: the excerpts in replies follow, and every member hears of it';

CREATE FUNCTION message_edit(target uuid, person uuid, content text, window_s int) RETURNS jsonb
	LANGUAGE plpgsql AS $$
DECLARE
	locked record;
	place conversation%ROWTYPE;
	said message%ROWTYPE;
	changed message%ROWTYPE;
BEGIN
	SELECT * INTO locked FROM message_lock(target, person);
	place := locked.place;
	said := locked.said;
	IF said.sender_id IS DISTINCT FROM person THEN PERFORM refuse('not_found'); END IF;
	IF said.deleted_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the message was deleted'); END IF;
	IF said.body = content THEN RETURN message_json(said); END IF;
	IF said.type <> 'text' THEN PERFORM refuse('bad_state', 'only text can be edited'); END IF;
	IF said.created_at <= app_now() - make_interval(secs => window_s) THEN
		PERFORM refuse('bad_state', 'the time for edits is over');
	END IF;
	PERFORM message_writable(place, person);
	PERFORM message_keep(said);
	UPDATE message m SET body = content, edited_at = app_now() WHERE m.id = target RETURNING * INTO changed;
	RETURN message_tell(changed, 'message.updated');
END $$;
COMMENT ON FUNCTION message_edit(uuid, uuid, text, int) IS
	'The sender says it in other words, within the window and where sending is allowed';

CREATE FUNCTION message_delete(target uuid, person uuid, window_s int) RETURNS jsonb
	LANGUAGE plpgsql AS $$
DECLARE
	locked record;
	place conversation%ROWTYPE;
	said message%ROWTYPE;
	changed message%ROWTYPE;
BEGIN
	SELECT * INTO locked FROM message_lock(target, person);
	place := locked.place;
	said := locked.said;
	IF said.sender_id IS DISTINCT FROM person THEN PERFORM refuse('not_found'); END IF;
	IF said.deleted_at IS NOT NULL THEN RETURN message_json(said); END IF;
	IF said.created_at <= app_now() - make_interval(secs => window_s) THEN
		PERFORM refuse('bad_state', 'the time for deletion is over');
	END IF;
	PERFORM message_keep(said);
	DELETE FROM reaction r WHERE r.conversation_id = said.conversation_id AND r.seq = said.seq;
	UPDATE message m SET body = '', reply_seq = NULL, reply = NULL, media_id = NULL, media = NULL,
		reactions = NULL, deleted_at = app_now() WHERE m.id = target RETURNING * INTO changed;
	RETURN message_tell(changed, 'message.deleted');
END $$;
COMMENT ON FUNCTION message_delete(uuid, uuid, int) IS
	'The sender takes it back within the window, also in a closed conversation and from whom they blocked';

CREATE FUNCTION reactions_json(conversation uuid, number bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('emoji', e.emoji, 'user_ids', e.people) ORDER BY e.first), '[]')
	FROM (SELECT r.emoji, jsonb_agg(r.user_id ORDER BY r.number) AS people, min(r.number) AS first
		FROM reaction r WHERE r.conversation_id = reactions_json.conversation
		AND r.seq = reactions_json.number GROUP BY r.emoji) e
$$;
COMMENT ON FUNCTION reactions_json(uuid, bigint) IS 'The reactions on a message as clients see them, the first first';

CREATE FUNCTION message_react(target uuid, person uuid, sign text, wanted boolean) RETURNS jsonb
	LANGUAGE plpgsql AS $$
DECLARE
	locked record;
	place conversation%ROWTYPE;
	said message%ROWTYPE;
	shown jsonb;
	touched bigint;
BEGIN
	SELECT * INTO locked FROM message_lock(target, person);
	place := locked.place;
	said := locked.said;
	IF wanted THEN
		IF said.deleted_at IS NOT NULL THEN PERFORM refuse('bad_state', 'the message was deleted'); END IF;
		PERFORM message_writable(place, person);
		INSERT INTO reaction (conversation_id, seq, emoji, user_id)
			VALUES (said.conversation_id, said.seq, sign, person) ON CONFLICT DO NOTHING;
	ELSE
		DELETE FROM reaction r WHERE r.conversation_id = said.conversation_id AND r.seq = said.seq
			AND r.emoji = sign AND r.user_id = person;
	END IF;
	GET DIAGNOSTICS touched = ROW_COUNT;
	shown := coalesce(said.reactions, '[]');
	IF touched > 0 THEN
		shown := reactions_json(said.conversation_id, said.seq);
		IF jsonb_array_length(shown) > 20 THEN
			PERFORM refuse('bad_state', 'a message takes at most 20 different reactions');
		END IF;
		UPDATE message m SET reactions = shown WHERE m.id = target;
		PERFORM event_emit(ARRAY(SELECT k.user_id FROM member k WHERE k.conversation_id = place.id),
			'message.reaction', jsonb_build_object('conversation_id', place.id, 'message_id', said.id,
			'seq', said.seq, 'user_id', person, 'emoji', sign, 'added', wanted, 'reactions', shown));
	END IF;
	RETURN jsonb_build_object('conversation_id', place.id, 'message_id', said.id, 'seq', said.seq,
		'reactions', shown);
END $$;
COMMENT ON FUNCTION message_react(uuid, uuid, text, boolean) IS
	'Add or take back one''s own emoji; doing it again changes nothing and tells nobody';

CREATE FUNCTION conversation_mute(place uuid, person uuid, until timestamptz) RETURNS TABLE
	(conversation_id uuid, muted boolean, muted_until timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	before timestamptz;
BEGIN
	SELECT k.muted_until INTO before FROM member k
		WHERE k.conversation_id = place AND k.user_id = person FOR NO KEY UPDATE;
	IF NOT FOUND THEN PERFORM refuse('not_found'); END IF;
	IF until <= app_now() THEN PERFORM refuse('validation_error', 'until'); END IF;
	IF before IS DISTINCT FROM until THEN
		UPDATE member k SET muted_until = until WHERE k.conversation_id = place AND k.user_id = person;
		PERFORM event_emit(ARRAY[person], 'conversation.muted', jsonb_build_object(
			'conversation_id', place, 'muted', until IS NOT NULL,
			'muted_until', CASE WHEN isfinite(until) THEN time_json(until) END));
	END IF;
	RETURN QUERY SELECT place, until IS NOT NULL, CASE WHEN isfinite(until) THEN until END;
END $$;
COMMENT ON FUNCTION conversation_mute(uuid, uuid, timestamptz) IS
	'Infinity mutes until unmuted, null unmutes; the member''s own clients hear of a change';
