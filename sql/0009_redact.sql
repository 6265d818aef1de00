-- What was deleted is not told any more, also not to a client that comes with an older cursor: the events
-- that told it show the empty place. (The events program remembers what it just told for half a minute.)
CREATE FUNCTION message_untell(m message) RETURNS void LANGUAGE sql AS $$
	UPDATE event e SET payload = CASE WHEN e.payload->>'id' = m.id::text THEN message_json(m)
			ELSE jsonb_set(e.payload, '{reply_to,excerpt}', '""') END
		WHERE e.user_id = ANY (ARRAY(SELECT k.user_id FROM member k WHERE k.conversation_id = m.conversation_id))
		AND e.created_at >= m.created_at AND e.type IN ('message.created', 'message.updated')
		AND (e.payload->>'id' = m.id::text OR e.payload->'reply_to'->>'id' = m.id::text)
$$;
COMMENT ON FUNCTION message_untell(message) IS
	'Take a deleted message''s words out of the events that told them, and out of those of its replies';
COMMENT ON TABLE event IS 'What a user''s clients must hear of, inserted with the change itself by event_emit alone and emptied when a message is deleted; gapless per user; by days, UTC; read from the write-ahead log by the events program';

CREATE OR REPLACE FUNCTION message_delete(target uuid, person uuid, window_s int) RETURNS jsonb
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
	PERFORM message_untell(changed);
	RETURN message_tell(changed, 'message.deleted');
END $$;
