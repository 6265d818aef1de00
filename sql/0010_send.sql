-- Rules that cost a send less. What a CHECK constraint says is parsed anew by every statement that writes
-- to its table; a function's body and a domain's rule are parsed once in a connection.

-- The ten rules of message as before, by the same names, in one constraint. As in a constraint, a rule
-- that is null holds.
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
ALTER TABLE message
	DROP CONSTRAINT message_sender_type_check, DROP CONSTRAINT message_client_id_check,
	DROP CONSTRAINT message_type_check, DROP CONSTRAINT message_body_check,
	DROP CONSTRAINT message_sender, DROP CONSTRAINT message_reply_whole,
	DROP CONSTRAINT message_reply_before, DROP CONSTRAINT message_media_whole,
	DROP CONSTRAINT message_system, DROP CONSTRAINT message_tombstone,
	ADD CONSTRAINT message_sound CHECK (message_sound(message));

-- What a column may hold is said of its type where statements write the table but not the column, as a
-- send does with conversation and member: then nothing is checked. The rules come after the types, so
-- that nothing is written anew.
CREATE DOMAIN conversation_kind AS text;
COMMENT ON DOMAIN conversation_kind IS 'SESSION (with an advisor or the assistant) or DIRECT';
ALTER TABLE conversation DROP CONSTRAINT conversation_kind_check, ALTER kind TYPE conversation_kind;
ALTER DOMAIN conversation_kind ADD CONSTRAINT conversation_kind_check CHECK (VALUE IN ('SESSION', 'DIRECT'));
CREATE DOMAIN member_role AS text;
COMMENT ON DOMAIN member_role IS 'As what somebody takes part: USER or ADVISOR';
ALTER TABLE member DROP CONSTRAINT member_role_check, ALTER role TYPE member_role;
ALTER DOMAIN member_role ADD CONSTRAINT member_role_check CHECK (VALUE IN ('USER', 'ADVISOR'));
CREATE DOMAIN event_type AS text;
COMMENT ON DOMAIN event_type IS 'As message.created';
ALTER TABLE event DROP CONSTRAINT event_type_length, ALTER type TYPE event_type;
ALTER DOMAIN event_type ADD CONSTRAINT event_type_length CHECK (length(VALUE) <= 64);
