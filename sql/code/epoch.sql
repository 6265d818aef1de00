-- Epochs: which life of the database cursors belong to, and whose log it was chosen for.

CREATE OR REPLACE FUNCTION log_system() RETURNS text LANGUAGE sql VOLATILE AS
	'SELECT system_identifier::text FROM pg_control_system()';
COMMENT ON FUNCTION log_system() IS 'System identifier of this server';
CREATE OR REPLACE FUNCTION log_timeline() RETURNS bigint LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN NOT pg_is_in_recovery()
		THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
$$;
COMMENT ON FUNCTION log_timeline() IS
	'Timeline this server writes to; null on a standby. (pg_control_checkpoint tells of a promotion only after the next checkpoint)';

-- By the clock, not by one: two databases restored from the same backup must not share an epoch.
CREATE OR REPLACE FUNCTION epoch_next(last bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
	'SELECT greatest(last + 1, extract(epoch FROM clock_timestamp())::bigint)';
COMMENT ON FUNCTION epoch_next(bigint) IS 'An epoch that was never used before';

CREATE OR REPLACE FUNCTION epoch_settle(served bigint, verdict text) RETURNS bigint LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION epoch_bump() RETURNS bigint LANGUAGE sql VOLATILE AS $$
	UPDATE epoch SET epoch = epoch_next(epoch), system_id = log_system(), timeline = log_timeline()
		RETURNING epoch
$$;
COMMENT ON FUNCTION epoch_bump() IS 'After a restore that nothing else can notice: all cursors resync';

CREATE OR REPLACE FUNCTION epoch_begin() RETURNS void LANGUAGE sql VOLATILE AS $$
	INSERT INTO epoch (epoch, system_id, timeline) VALUES (epoch_next(0), log_system(), log_timeline())
		ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION epoch_begin() IS 'The first epoch of a new database';
SELECT epoch_begin();
