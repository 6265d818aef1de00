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

-- Which server's log the epoch was chosen for. A restore to a time begins a new timeline, and so does the
-- promotion of a standby; a dump is loaded into another system. Whoever comes first decides, in
-- epoch_settle, whether cursors from before are still good.
ALTER TABLE epoch ADD COLUMN system_id text, ADD COLUMN timeline bigint;
COMMENT ON TABLE epoch IS 'One row: which life of this database event cursors belong to';
COMMENT ON COLUMN epoch.epoch IS 'Changed at every restore, so that older cursors resync';
COMMENT ON COLUMN epoch.system_id IS 'System identifier of the server the epoch was chosen or found good for';
COMMENT ON COLUMN epoch.timeline IS 'Timeline of its write-ahead log then';

CREATE FUNCTION log_system() RETURNS text LANGUAGE sql VOLATILE AS
	'SELECT system_identifier::text FROM pg_control_system()';
COMMENT ON FUNCTION log_system() IS 'System identifier of this server';
CREATE FUNCTION log_timeline() RETURNS bigint LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN NOT pg_is_in_recovery()
		THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
$$;
COMMENT ON FUNCTION log_timeline() IS
	'Timeline this server writes to; null on a standby. (pg_control_checkpoint tells of a promotion only after the next checkpoint)';

-- By the clock, not by one: two databases restored from the same backup must not share an epoch.
CREATE FUNCTION epoch_next(last bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
	'SELECT greatest(last + 1, extract(epoch FROM clock_timestamp())::bigint)';
COMMENT ON FUNCTION epoch_next(bigint) IS 'An epoch that was never used before';

CREATE FUNCTION epoch_settle(served bigint, verdict text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	life epoch%ROWTYPE;
	here text := log_system();
	now_on bigint := log_timeline();
BEGIN
	SELECT * INTO life FROM epoch FOR UPDATE;
	IF (life.system_id, life.timeline) IS DISTINCT FROM (here, now_on) THEN
		IF verdict <> 'KEPT' THEN life.epoch := epoch_next(life.epoch); END IF;
	ELSIF verdict = 'LOST' AND life.epoch = served THEN
		life.epoch := epoch_next(life.epoch);
	END IF;
	UPDATE epoch SET epoch = life.epoch, system_id = here, timeline = now_on;
	RETURN life.epoch;
END $$;
COMMENT ON FUNCTION epoch_settle(bigint, text) IS
	'For an events program that found another server than before: KEPT, it knows that nothing it told is missing; LOST, something of what it told under epoch served is; UNKNOWN. The epoch from now on';

CREATE FUNCTION epoch_bump() RETURNS bigint LANGUAGE sql VOLATILE AS $$
	UPDATE epoch SET epoch = epoch_next(epoch), system_id = log_system(), timeline = log_timeline()
		RETURNING epoch
$$;
COMMENT ON FUNCTION epoch_bump() IS 'After a restore that nothing else can notice: all cursors resync';

UPDATE epoch SET system_id = log_system(), timeline = log_timeline();
