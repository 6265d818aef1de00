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
COMMENT ON TABLE event IS 'What a user''s clients must hear of, inserted with the change itself by event_emit alone and changed when a message is edited or deleted; gapless per user; by days, UTC; read from the write-ahead log by the events program';

CREATE OR REPLACE FUNCTION message_edit(target uuid, person uuid, content text, window_s int) RETURNS jsonb
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
	PERFORM message_untell(changed);
	RETURN message_tell(changed, 'message.updated');
END $$;
