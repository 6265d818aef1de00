-- What a member does with a conversation.

CREATE OR REPLACE FUNCTION conversation_mute(place uuid, person uuid, until timestamptz) RETURNS TABLE
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
