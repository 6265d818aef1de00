-- Reactions to messages.

CREATE OR REPLACE FUNCTION reactions_json(conversation uuid, number bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('emoji', e.emoji, 'user_ids', e.people) ORDER BY e.first), '[]')
	FROM (SELECT r.emoji, jsonb_agg(r.user_id ORDER BY r.number) AS people, min(r.number) AS first
		FROM reaction r WHERE r.conversation_id = reactions_json.conversation
		AND r.seq = reactions_json.number GROUP BY r.emoji) e
$$;
COMMENT ON FUNCTION reactions_json(uuid, bigint) IS 'The reactions on a message as clients see them, the first first';

CREATE OR REPLACE FUNCTION message_react(target uuid, person uuid, sign text, wanted boolean) RETURNS jsonb
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
