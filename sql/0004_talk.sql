-- The event log per user, conversations and messages, sessions, who is there.

-- What a send costs depends on its rules. What a CHECK constraint says is parsed anew by every statement
-- that writes to its table; a function's body and a domain's rule are parsed once in a connection. So what a
-- column may hold is said of its type where statements write the table but not the column, as a send does
-- with conversation and member: then nothing is checked.
CREATE DOMAIN conversation_kind AS text
	CONSTRAINT conversation_kind_check CHECK (VALUE IN ('SESSION', 'DIRECT'));
COMMENT ON DOMAIN conversation_kind IS 'SESSION (with an advisor or the assistant) or DIRECT';
CREATE DOMAIN member_role AS text CONSTRAINT member_role_check CHECK (VALUE IN ('USER', 'ADVISOR'));
COMMENT ON DOMAIN member_role IS 'As what somebody takes part: USER or ADVISOR';
CREATE DOMAIN event_type AS text CONSTRAINT event_type_length CHECK (length(VALUE) <= 64);
COMMENT ON DOMAIN event_type IS 'As message.created';

-- The event log goes by days: a whole day is dropped at once, and writers go on meanwhile. A day is dropped
-- from the front of every log only if no event is older than the one before it, so the inbox, whose lock
-- orders the events, also hands out their times.
CREATE TABLE inbox (
	user_id uuid PRIMARY KEY REFERENCES user_account ON DELETE RESTRICT,
	last_seq bigint NOT NULL DEFAULT 0,
	last_at timestamptz NOT NULL DEFAULT '-infinity',
	day_seq bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 50);
COMMENT ON TABLE inbox IS 'Where each user''s event log stands; its row lock orders that user''s events';
COMMENT ON COLUMN inbox.user_id IS 'Whose log';
COMMENT ON COLUMN inbox.last_seq IS 'Number of the newest event';
COMMENT ON COLUMN inbox.last_at IS 'Time of the newest event; no event is older than the one before it';
COMMENT ON COLUMN inbox.day_seq IS 'Number of the first event on the day of last_at (UTC)';

CREATE TABLE event (
	user_id uuid NOT NULL,
	seq bigint NOT NULL,
	type event_type NOT NULL,
	payload jsonb NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (user_id, seq, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE event IS 'What a user''s clients must hear of, inserted with the change itself by event_emit alone and changed when a message is edited or deleted; gapless per user; by days, UTC; read from the write-ahead log by the events program';
COMMENT ON COLUMN event.user_id IS 'Who hears it';
COMMENT ON COLUMN event.seq IS 'Number in that user''s log, from 1, in order of commit; unique, for it is taken under the lock of the inbox';
COMMENT ON COLUMN event.type IS 'As message.created';
COMMENT ON COLUMN event.payload IS 'The data field of the envelope';
COMMENT ON COLUMN event.created_at IS 'Time of the transaction, or of the event before it when that is later';

CREATE TABLE event_default PARTITION OF event DEFAULT;
COMMENT ON TABLE event_default IS 'Events of days that were not made in time; pruned row by row';
CREATE INDEX event_default_created ON event_default (created_at, seq);

CREATE PUBLICATION confab_event FOR TABLE event WITH (publish = 'insert', publish_via_partition_root = true);

CREATE TABLE conversation (
	id uuid PRIMARY KEY,
	kind conversation_kind NOT NULL,
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
-- The panel's list goes by id, which is the order they were opened in: an index on what a send changes would
-- have every send change it too. These are of columns that no send writes.
CREATE INDEX conversation_kind ON conversation (kind, id);
CREATE INDEX conversation_state ON conversation
	((CASE WHEN closed_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END), id);
CREATE INDEX conversation_created ON conversation (created_at);

CREATE TABLE member (
	conversation_id uuid NOT NULL REFERENCES conversation ON DELETE RESTRICT,
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	role member_role NOT NULL,
	read_seq bigint NOT NULL DEFAULT 0,
	muted_until timestamptz,
	joined_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE member IS 'Who takes part in a conversation';
COMMENT ON COLUMN member.conversation_id IS 'Which conversation';
COMMENT ON COLUMN member.user_id IS 'Who';
COMMENT ON COLUMN member.role IS 'As what: USER or ADVISOR; the sender_type of this member''s messages';
COMMENT ON COLUMN member.read_seq IS 'High-water mark: messages up to this number were read';
COMMENT ON COLUMN member.muted_until IS 'This member wants no notice until then; infinity: until unmuted; null: not muted';
COMMENT ON COLUMN member.joined_at IS 'Since when';
CREATE INDEX member_user ON member (user_id, conversation_id);

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

-- Words without accents, whatever the language: people mix them.
CREATE TEXT SEARCH CONFIGURATION confab (COPY = pg_catalog.simple);
COMMENT ON TEXT SEARCH CONFIGURATION confab IS 'Words as they are, without case and accents';
ALTER TEXT SEARCH CONFIGURATION confab
	ALTER MAPPING FOR hword, hword_part, word WITH unaccent, pg_catalog.simple;

-- What a message shows of its reply, media and reactions is kept with it as JSON: reading and sending
-- stay one row each, and message_json stays an expression that is inlined.
CREATE TABLE message (
	conversation_id uuid NOT NULL REFERENCES conversation ON DELETE RESTRICT,
	seq bigint NOT NULL,
	id uuid NOT NULL CONSTRAINT message_id_key UNIQUE,
	sender_id uuid REFERENCES user_account ON DELETE RESTRICT,
	sender_type text NOT NULL,
	client_id text NOT NULL,
	type text NOT NULL DEFAULT 'text',
	body text NOT NULL,
	reply_seq bigint,
	reply jsonb,
	media_id uuid REFERENCES media ON DELETE RESTRICT,
	media jsonb,
	reactions jsonb,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	edited_at timestamptz,
	deleted_at timestamptz,
	PRIMARY KEY (conversation_id, seq),
	CONSTRAINT message_reply_fkey FOREIGN KEY (conversation_id, reply_seq)
		REFERENCES message (conversation_id, seq) ON DELETE RESTRICT
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
COMMENT ON COLUMN message.reply_seq IS 'Number of the message it answers, in the same conversation';
COMMENT ON COLUMN message.reply IS 'That message as shown with this one: id, seq, sender_id, excerpt; follows its edits';
COMMENT ON COLUMN message.media_id IS 'What is sent with it';
COMMENT ON COLUMN message.media IS 'That as shown: id, kind, mime, bytes';
COMMENT ON COLUMN message.reactions IS 'Rows of reaction as shown; null when there were never any';
COMMENT ON COLUMN message.created_at IS 'When it was stored';
COMMENT ON COLUMN message.edited_at IS 'Last edit';
COMMENT ON COLUMN message.deleted_at IS 'When its sender took it back: only the place is left';
CREATE UNIQUE INDEX message_client ON message (conversation_id, sender_id, client_id) NULLS NOT DISTINCT;
CREATE INDEX message_created ON message USING brin (created_at);
CREATE INDEX message_reply ON message (conversation_id, reply_seq) WHERE reply_seq IS NOT NULL;
CREATE INDEX message_deleted ON message (conversation_id, seq) WHERE deleted_at IS NOT NULL;
-- With the conversation in front, a search reads what its own conversations hold. A send only adds its words to the
-- index's pending list, which searches read as well; the worker puts them into their places each second
-- (message_index). The list is long enough that a send does not have to: it would hold its conversation meanwhile.
CREATE INDEX message_words ON message USING gin (conversation_id, to_tsvector('confab', body))
	WITH (gin_pending_list_limit = 4096) WHERE type <> 'system';

-- The rules of a message in one constraint, each with the name it would have as a constraint. As in a
-- constraint, a rule that is null holds.
CREATE FUNCTION message_sound(m message) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	broken text := CASE
		WHEN NOT m.sender_type IN ('USER', 'ADVISOR', 'AI', 'SYSTEM') THEN 'message_sender_type_check'
		WHEN NOT length(m.client_id) BETWEEN 1 AND 64 THEN 'message_client_id_check'
		WHEN NOT m.type IN ('text', 'image', 'voice', 'video', 'file', 'system') THEN 'message_type_check'
		WHEN NOT length(m.body) <= 4000 THEN 'message_body_check'
		WHEN (m.sender_id IS NULL) <> (m.sender_type IN ('AI', 'SYSTEM')) THEN 'message_sender'
		WHEN (m.reply IS NULL) <> (m.reply_seq IS NULL) THEN 'message_reply_whole'
		WHEN NOT m.reply_seq < m.seq THEN 'message_reply_before'
		WHEN (m.media IS NULL) <> (m.media_id IS NULL) THEN 'message_media_whole'
		WHEN (m.type = 'system') <> (m.sender_type = 'SYSTEM') THEN 'message_system'
		WHEN m.deleted_at IS NOT NULL AND NOT (m.body = '' AND m.reply_seq IS NULL
			AND m.media_id IS NULL AND m.reactions IS NULL) THEN 'message_tombstone'
		END;
BEGIN
	IF broken IS NULL THEN RETURN true; END IF;
	RAISE EXCEPTION USING ERRCODE = 'check_violation', TABLE = 'message', CONSTRAINT = broken,
		MESSAGE = 'new row for relation "message" violates check constraint "' || broken || '"';
END $$;
COMMENT ON FUNCTION message_sound(message) IS
	'The rules a message must keep; the first one it breaks is raised by name, as a check constraint would be';
ALTER TABLE message ADD CONSTRAINT message_sound CHECK (message_sound(message));

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
CREATE INDEX session_user_waiting ON session (user_id)
	WHERE state IN ('REQUESTED', 'ACCEPTED') AND advisor_id IS NOT NULL;
-- The panel's list: its orders, and what leaves few of many.
CREATE INDEX session_requested ON session (requested_at, id);
CREATE INDEX session_length ON session (coalesce(ended_at - started_at, '0'), id);
CREATE INDEX session_state ON session (state, requested_at, id);
CREATE INDEX session_state_length ON session (state, coalesce(ended_at - started_at, '0'), id);
CREATE INDEX session_type ON session (type, requested_at, id);

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

-- Who is there: the devices at each responder, and of each person what others may see. All of it is logged.
-- What changes is small (a row at arrival, a row at departure, a beat now and then), and reads join it on
-- standbys too, where an unlogged table cannot be read at all. After a crash or a failover the rows that are
-- left are put right by the nodes that register again and by the sweep of those that do not; empty tables
-- would leave people shown as online for whom nobody answers.
CREATE TABLE presence_node (
	id uuid PRIMARY KEY,
	beat_at timestamptz NOT NULL DEFAULT app_now(),
	until_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE presence_node IS 'One life of a responder: from one connection to the database to the next, it has another id';
COMMENT ON COLUMN presence_node.id IS 'Made by the responder';
COMMENT ON COLUMN presence_node.beat_at IS 'When it last said that its devices are there';
COMMENT ON COLUMN presence_node.until_at IS 'Not after this without another beat: then its devices are swept';

CREATE TABLE presence_device (
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	login_id uuid NOT NULL,
	node_id uuid NOT NULL,
	since timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (user_id, login_id, node_id)
);
COMMENT ON TABLE presence_device IS 'Devices that wait for events, at each responder; written when they come and go';
COMMENT ON COLUMN presence_device.user_id IS 'Whose device; changed only under the lock of that row of presence';
COMMENT ON COLUMN presence_device.login_id IS 'Which device';
COMMENT ON COLUMN presence_device.node_id IS 'At which responder';
COMMENT ON COLUMN presence_device.since IS 'Since when';
CREATE INDEX presence_device_node ON presence_device (node_id);

CREATE TABLE presence_away (
	login_id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	set_at timestamptz NOT NULL DEFAULT app_now()
);
COMMENT ON TABLE presence_away IS 'Devices that said they are away; forgotten when they leave';
COMMENT ON COLUMN presence_away.login_id IS 'Which device; it may arrive a moment later than it says so';
COMMENT ON COLUMN presence_away.user_id IS 'Whose';
COMMENT ON COLUMN presence_away.set_at IS 'When it said so';

CREATE TABLE presence (
	user_id uuid PRIMARY KEY REFERENCES user_account ON DELETE RESTRICT,
	status text NOT NULL DEFAULT 'OFFLINE' CHECK (status IN ('ONLINE', 'AWAY', 'OFFLINE')),
	last_seen_at timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE presence IS 'Of each person all devices merged: what was told last; its row lock orders that person''s changes';
COMMENT ON COLUMN presence.user_id IS 'Who; no row: never there';
COMMENT ON COLUMN presence.status IS 'ONLINE, AWAY when all devices that are there say so, OFFLINE when none is';
COMMENT ON COLUMN presence.last_seen_at IS 'When the last device left; shown to the minute';

-- Tickets for connections that cannot carry an Authorization header: browsers' EventSource and WebSocket.
-- They live for half a minute: unlogged, for after a crash a client asks for another.
CREATE UNLOGGED TABLE ticket (
	hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
	user_id uuid NOT NULL REFERENCES user_account ON DELETE CASCADE,
	login_id uuid NOT NULL REFERENCES login ON DELETE CASCADE,
	role text NOT NULL CHECK (role IN ('USER', 'ADVISOR', 'ADMIN')),
	expires_at timestamptz NOT NULL
);
COMMENT ON TABLE ticket IS 'Single-use tickets to open a stream of events; claimed by deleting the row';
COMMENT ON COLUMN ticket.hash IS 'SHA-256 of the ticket, which only its owner has';
COMMENT ON COLUMN ticket.user_id IS 'Whose events it opens';
COMMENT ON COLUMN ticket.login_id IS 'The login it was issued to; when that ends, so does the stream';
COMMENT ON COLUMN ticket.role IS 'The role of the access token it was issued for';
COMMENT ON COLUMN ticket.expires_at IS 'Not good after this';
CREATE INDEX ticket_expires ON ticket (expires_at);
