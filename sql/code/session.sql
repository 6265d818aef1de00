-- Sessions: their moves, and as clients see them.

CREATE OR REPLACE FUNCTION session_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM session_transition
			WHERE from_state = OLD.state AND to_state = NEW.state) THEN
		PERFORM refuse('bad_state', OLD.state || ' to ' || NEW.state);
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION session_guard() IS 'No state change outside session_transition, whoever asks';
CREATE OR REPLACE TRIGGER session_guard BEFORE UPDATE OF state ON session FOR EACH ROW
	WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION session_guard();

-- One shape of a session for replies and events; the reply adds what depends on who reads it.
CREATE OR REPLACE FUNCTION session_json(s session) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', s.id, 'type', s.type, 'state', s.state,
		'conversation_id', s.conversation_id, 'topic', s.topic,
		'rate', amount_json(s.rate_minor, s.currency), 'cost', amount_json(0, s.currency),
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
	'The session as clients see it, in replies and events; cost is 0 while sessions are free';

-- Whom somebody waits for is BUSY to everybody else, so nobody waits for many at once. Requests of one user
-- are counted one after the other: the lock is held until the transaction of the request ends.
CREATE OR REPLACE FUNCTION session_waiting(asker uuid, besides uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('session waiting'), hashtext(asker::text));
	RETURN (SELECT count(*) FROM session WHERE user_id = asker AND advisor_id <> besides
		AND state IN ('REQUESTED', 'ACCEPTED'));
END $$;
COMMENT ON FUNCTION session_waiting(uuid, uuid) IS
	'How many advisors besides one the user has asked and not met yet; nobody else counts or asks for them until the transaction ends';
