-- Conversations, messages, the event log per user, and sessions.

CREATE TABLE inbox (
	user_id uuid PRIMARY KEY REFERENCES user_account ON DELETE RESTRICT,
	last_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE inbox IS 'Where each user''s event log stands; its row lock orders that user''s events';
COMMENT ON COLUMN inbox.user_id IS 'Whose log';
COMMENT ON COLUMN inbox.last_seq IS 'Number of the newest event';
CREATE FUNCTION inbox_make() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO inbox (user_id) VALUES (NEW.id);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION inbox_make() IS 'Every account has an inbox';
CREATE TRIGGER inbox_make AFTER INSERT ON user_account FOR EACH ROW EXECUTE FUNCTION inbox_make();

CREATE TABLE event (
	user_id uuid NOT NULL,
	seq bigint NOT NULL,
	type text NOT NULL CHECK (length(type) <= 64),
	payload jsonb NOT NULL,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (user_id, seq)
);
COMMENT ON TABLE event IS 'What a user''s clients must hear of, inserted with the change itself; gapless per user; read from the write-ahead log by the events program';
COMMENT ON COLUMN event.user_id IS 'Who hears it';
COMMENT ON COLUMN event.seq IS 'Number in that user''s log, from 1, in order of commit';
COMMENT ON COLUMN event.type IS 'As message.created';
COMMENT ON COLUMN event.payload IS 'The data field of the envelope';
COMMENT ON COLUMN event.created_at IS 'Time of the transaction';
CREATE INDEX event_created ON event (created_at);
CREATE PUBLICATION confab_event FOR TABLE event WITH (publish = 'insert');

-- Locks the inboxes in user-id order: no deadlock, and sequence order is commit order.
CREATE FUNCTION event_emit(users uuid[], kind text, data jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	person uuid;
	number bigint;
BEGIN
	FOR person IN SELECT DISTINCT u FROM unnest(users) u WHERE u IS NOT NULL ORDER BY u LOOP
		UPDATE inbox SET last_seq = last_seq + 1 WHERE user_id = person
			RETURNING last_seq INTO number;
		INSERT INTO event (user_id, seq, type, payload) VALUES (person, number, kind, data);
	END LOOP;
END $$;
COMMENT ON FUNCTION event_emit(uuid[], text, jsonb) IS 'Tell these users, in this transaction';

CREATE TABLE conversation (
	id uuid PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('SESSION', 'DIRECT')),
	last_seq bigint NOT NULL DEFAULT 0,
	ai boolean NOT NULL DEFAULT false,
	closed_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	last_message_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE conversation IS 'Where people talk';
COMMENT ON COLUMN conversation.id IS 'UUID version 7';
COMMENT ON COLUMN conversation.kind IS 'SESSION (with an advisor or the assistant) or DIRECT';
COMMENT ON COLUMN conversation.last_seq IS 'Number of the newest message; its row lock orders messages';
COMMENT ON COLUMN conversation.ai IS 'The assistant takes part and answers';
COMMENT ON COLUMN conversation.closed_at IS 'Since when nobody can write; null while open';
COMMENT ON COLUMN conversation.created_at IS 'When it was opened';
COMMENT ON COLUMN conversation.last_message_at IS 'Time of the newest message';

CREATE TABLE member (
	conversation_id uuid NOT NULL REFERENCES conversation ON DELETE RESTRICT,
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	role text NOT NULL CHECK (role IN ('USER', 'ADVISOR')),
	read_seq bigint NOT NULL DEFAULT 0,
	joined_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE member IS 'Who takes part in a conversation';
COMMENT ON COLUMN member.conversation_id IS 'Which conversation';
COMMENT ON COLUMN member.user_id IS 'Who';
COMMENT ON COLUMN member.role IS 'As what: USER or ADVISOR; the sender_type of this member''s messages';
COMMENT ON COLUMN member.read_seq IS 'High-water mark: messages up to this number were read';
COMMENT ON COLUMN member.joined_at IS 'Since when';
CREATE INDEX member_user ON member (user_id, conversation_id);

CREATE TABLE message (
	conversation_id uuid NOT NULL REFERENCES conversation ON DELETE RESTRICT,
	seq bigint NOT NULL,
	id uuid NOT NULL CONSTRAINT message_id_key UNIQUE,
	sender_id uuid REFERENCES user_account ON DELETE RESTRICT,
	sender_type text NOT NULL CHECK (sender_type IN ('USER', 'ADVISOR', 'AI', 'SYSTEM')),
	client_id text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 64),
	type text NOT NULL DEFAULT 'text' CHECK (type IN ('text', 'image', 'voice', 'video', 'file', 'system')),
	body text NOT NULL CHECK (length(body) <= 4000),
	created_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (conversation_id, seq),
	CONSTRAINT message_sender CHECK ((sender_id IS NULL) = (sender_type IN ('AI', 'SYSTEM')))
);
COMMENT ON TABLE message IS 'What was said, stored once';
COMMENT ON COLUMN message.conversation_id IS 'Where';
COMMENT ON COLUMN message.seq IS 'Number in the conversation, from 1, gapless, in order of commit';
COMMENT ON COLUMN message.id IS 'UUID version 7';
COMMENT ON COLUMN message.sender_id IS 'Who; null for AI and SYSTEM';
COMMENT ON COLUMN message.sender_type IS 'USER, ADVISOR, AI or SYSTEM';
COMMENT ON COLUMN message.client_id IS 'The client''s own id: sending again gives the same message';
COMMENT ON COLUMN message.type IS 'What body is';
COMMENT ON COLUMN message.body IS 'Text, at most 4,000 characters';
COMMENT ON COLUMN message.created_at IS 'When it was stored';
CREATE UNIQUE INDEX message_client ON message (conversation_id, sender_id, client_id) NULLS NOT DISTINCT;
CREATE INDEX message_created ON message USING brin (created_at);

CREATE FUNCTION message_json(m message) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', m.id, 'conversation_id', m.conversation_id, 'seq', m.seq,
		'sender_id', m.sender_id, 'sender_type', m.sender_type, 'client_id', m.client_id,
		'type', m.type, 'body', m.body, 'created_at', time_json(m.created_at))
$$;
COMMENT ON FUNCTION message_json(message) IS 'The message as clients see it, in replies and events';

-- Sending is one function and so one round trip and one transaction: lock the conversation, answer a
-- repeated client_id with the first message, number, store, tell every member, wake the assistant.
CREATE FUNCTION message_send(conversation uuid, sender uuid, new_id uuid, client text, kind text,
	content text, OUT created boolean, OUT message jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	place conversation%ROWTYPE;
	as_role text;
	stored message%ROWTYPE;
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
	INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id, type, body)
		VALUES (place.id, place.last_seq, new_id, sender, as_role, client, kind, content)
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
COMMENT ON FUNCTION message_send(uuid, uuid, uuid, text, text, text) IS
	'Send as a member; the same client_id again gives the first message and created = false';

-- The assistant's and the system's messages have no sender and cannot be made through message_send.
CREATE FUNCTION message_post(conversation uuid, as_type text, new_id uuid, client text,
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

CREATE TABLE session_transition (
	from_state text NOT NULL,
	move text NOT NULL,
	to_state text NOT NULL,
	actor text NOT NULL CHECK (actor IN ('USER', 'ADVISOR', 'BOTH', 'SYSTEM')),
	PRIMARY KEY (from_state, move)
);
COMMENT ON TABLE session_transition IS 'Every move a session can make; the programs hold the same table and a test compares them';
COMMENT ON COLUMN session_transition.from_state IS 'State before';
COMMENT ON COLUMN session_transition.move IS 'What is done';
COMMENT ON COLUMN session_transition.to_state IS 'State after';
COMMENT ON COLUMN session_transition.actor IS 'Who may do it: USER, ADVISOR, BOTH of them, or only the SYSTEM';
INSERT INTO session_transition (from_state, move, to_state, actor) VALUES
	('REQUESTED', 'accept', 'ACCEPTED', 'ADVISOR'),
	('REQUESTED', 'decline', 'DECLINED', 'ADVISOR'),
	('REQUESTED', 'cancel', 'CANCELLED', 'USER'),
	('REQUESTED', 'expire', 'EXPIRED', 'SYSTEM'),
	('REQUESTED', 'withdraw', 'CANCELLED', 'SYSTEM'),
	('REQUESTED', 'start', 'ONGOING', 'SYSTEM'),
	('ACCEPTED', 'start', 'ONGOING', 'BOTH'),
	('ACCEPTED', 'cancel', 'CANCELLED', 'BOTH'),
	('ACCEPTED', 'expire', 'EXPIRED', 'SYSTEM'),
	('ACCEPTED', 'withdraw', 'CANCELLED', 'SYSTEM'),
	('ONGOING', 'end', 'ENDED', 'BOTH'),
	('ONGOING', 'lapse', 'ENDED', 'SYSTEM');

CREATE TABLE session (
	id uuid PRIMARY KEY,
	type text NOT NULL CHECK (type IN ('CHAT', 'VOICE', 'VIDEO', 'AI_CHAT')),
	state text NOT NULL DEFAULT 'REQUESTED' CHECK (state IN
		('REQUESTED', 'ACCEPTED', 'ONGOING', 'ENDED', 'DECLINED', 'CANCELLED', 'EXPIRED')),
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	advisor_id uuid REFERENCES advisor ON DELETE RESTRICT,
	conversation_id uuid NOT NULL UNIQUE REFERENCES conversation ON DELETE RESTRICT,
	topic text NOT NULL DEFAULT '' CHECK (length(topic) <= 500),
	rate_minor bigint NOT NULL DEFAULT 0,
	currency text NOT NULL DEFAULT 'INR',
	expires_at timestamptz NOT NULL,
	requested_at timestamptz NOT NULL DEFAULT app_now(),
	accepted_at timestamptz,
	started_at timestamptz,
	ended_at timestamptz,
	ended_by uuid,
	end_reason text NOT NULL DEFAULT '' CHECK (length(end_reason) <= 500),
	CONSTRAINT session_advisor CHECK ((advisor_id IS NULL) = (type = 'AI_CHAT')),
	CONSTRAINT session_not_self CHECK (user_id <> advisor_id)
);
COMMENT ON TABLE session IS 'A consultation: a user with an advisor, or with the assistant';
COMMENT ON COLUMN session.id IS 'UUID version 7';
COMMENT ON COLUMN session.type IS 'CHAT, VOICE, VIDEO or AI_CHAT';
COMMENT ON COLUMN session.state IS 'Moves only along session_transition';
COMMENT ON COLUMN session.user_id IS 'Who asks';
COMMENT ON COLUMN session.advisor_id IS 'Who answers; null when the assistant does';
COMMENT ON COLUMN session.conversation_id IS 'Where they talk';
COMMENT ON COLUMN session.topic IS 'What the user wrote with the request';
COMMENT ON COLUMN session.rate_minor IS 'Price of a minute when it was requested, minor units';
COMMENT ON COLUMN session.currency IS 'Currency of rate_minor';
COMMENT ON COLUMN session.expires_at IS 'A request not accepted, or accepted and not begun, ends here';
COMMENT ON COLUMN session.requested_at IS 'When it was asked for';
COMMENT ON COLUMN session.accepted_at IS 'When the advisor accepted';
COMMENT ON COLUMN session.started_at IS 'When both sides were there';
COMMENT ON COLUMN session.ended_at IS 'When it reached a last state';
COMMENT ON COLUMN session.ended_by IS 'Who ended it; null for the system';
COMMENT ON COLUMN session.end_reason IS 'In words, if any were given';
-- One live session per advisor, in the database.
CREATE UNIQUE INDEX session_advisor_live ON session (advisor_id)
	WHERE state IN ('REQUESTED', 'ACCEPTED', 'ONGOING');
CREATE INDEX session_by_user ON session (user_id, requested_at DESC, id DESC);
CREATE INDEX session_by_advisor ON session (advisor_id, requested_at DESC, id DESC);
CREATE INDEX session_expiring ON session (expires_at) WHERE state IN ('REQUESTED', 'ACCEPTED');
CREATE INDEX session_ongoing ON session (started_at) WHERE state = 'ONGOING';
CREATE INDEX session_requested ON session USING brin (requested_at);

CREATE FUNCTION session_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM session_transition
			WHERE from_state = OLD.state AND to_state = NEW.state) THEN
		PERFORM refuse('bad_state', OLD.state || ' to ' || NEW.state);
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION session_guard() IS 'No state change outside session_transition, whoever asks';
CREATE TRIGGER session_guard BEFORE UPDATE OF state ON session FOR EACH ROW
	WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION session_guard();

-- One shape of a session for replies and events; the reply adds what depends on who reads it.
CREATE FUNCTION session_json(s session) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', s.id, 'type', s.type, 'state', s.state,
		'conversation_id', s.conversation_id, 'topic', s.topic,
		'rate_minor', s.rate_minor, 'currency', s.currency, 'cost_minor', 0,
		'participants', jsonb_build_array(
			jsonb_build_object('type', 'USER', 'id', s.user_id, 'label', 'User', 'display_name',
				(SELECT display_name FROM user_account WHERE id = s.user_id)),
			CASE WHEN s.advisor_id IS NULL
			THEN jsonb_build_object('type', 'AI', 'id', NULL, 'label', 'Automated assistant',
				'display_name', 'Assistant')
			ELSE jsonb_build_object('type', 'ADVISOR', 'id', s.advisor_id, 'label', 'Advisor', 'display_name',
				(SELECT display_name FROM user_account WHERE id = s.advisor_id)) END),
		'requested_at', time_json(s.requested_at), 'accepted_at', time_json(s.accepted_at),
		'started_at', time_json(s.started_at), 'ended_at', time_json(s.ended_at),
		'ended_by', CASE WHEN s.ended_at IS NULL THEN NULL WHEN s.ended_by = s.user_id THEN 'USER'
			WHEN s.ended_by = s.advisor_id THEN 'ADVISOR' ELSE 'SYSTEM' END,
		'end_reason', s.end_reason, 'server_time', time_json(app_now()),
		'expires_at', CASE WHEN s.state IN ('REQUESTED', 'ACCEPTED') THEN time_json(s.expires_at) END,
		'seconds_left', CASE WHEN s.state IN ('REQUESTED', 'ACCEPTED')
			THEN greatest(0, ceil(extract(epoch FROM s.expires_at - app_now())))::bigint END,
		'elapsed_s', CASE WHEN s.started_at IS NULL THEN 0
			ELSE floor(extract(epoch FROM coalesce(s.ended_at, app_now()) - s.started_at))::bigint END)
$$;
COMMENT ON FUNCTION session_json(session) IS
	'The session as clients see it, in replies and events; cost_minor is 0 while sessions are free';

CREATE TABLE session_presence (
	session_id uuid NOT NULL REFERENCES session ON DELETE RESTRICT,
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	joined_at timestamptz NOT NULL DEFAULT app_now(),
	seen_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (session_id, user_id)
);
COMMENT ON TABLE session_presence IS 'Who came to a session and when they were last heard of';
COMMENT ON COLUMN session_presence.session_id IS 'Which session';
COMMENT ON COLUMN session_presence.user_id IS 'Who';
COMMENT ON COLUMN session_presence.joined_at IS 'First join';
COMMENT ON COLUMN session_presence.seen_at IS 'Last join or heartbeat';

CREATE TABLE rating (
	id uuid PRIMARY KEY,
	session_id uuid NOT NULL CONSTRAINT rating_session_key UNIQUE REFERENCES session ON DELETE RESTRICT,
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	advisor_id uuid NOT NULL REFERENCES advisor ON DELETE RESTRICT,
	stars int NOT NULL CHECK (stars BETWEEN 1 AND 5),
	review text NOT NULL DEFAULT '' CHECK (length(review) <= 2000),
	created_at timestamptz NOT NULL DEFAULT app_now()
);
COMMENT ON TABLE rating IS 'What a user said of an ended session; once each';
COMMENT ON COLUMN rating.id IS 'UUID version 7';
COMMENT ON COLUMN rating.session_id IS 'Which session';
COMMENT ON COLUMN rating.user_id IS 'Who rates';
COMMENT ON COLUMN rating.advisor_id IS 'Who is rated';
COMMENT ON COLUMN rating.stars IS '1 to 5';
COMMENT ON COLUMN rating.review IS 'In words';
COMMENT ON COLUMN rating.created_at IS 'When';
CREATE INDEX rating_advisor ON rating (advisor_id, created_at DESC, id DESC);
CREATE FUNCTION rating_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE advisor SET rating_count = rating_count + 1, rating_sum = rating_sum + NEW.stars
		WHERE id = NEW.advisor_id;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION rating_count() IS 'Keeps the advisor''s count and sum';
CREATE TRIGGER rating_count AFTER INSERT ON rating FOR EACH ROW EXECUTE FUNCTION rating_count();
