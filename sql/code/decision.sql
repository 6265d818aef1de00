-- A decision whose job was discarded, or is gone with the given-up ones, takes no effect: it does not wait for ever.
CREATE OR REPLACE FUNCTION decision_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE decision SET state = 'UNDONE', done_at = app_now() WHERE id = OLD.key::uuid AND state = 'PENDING';
	RETURN NULL;
END $$;
COMMENT ON FUNCTION decision_follow() IS 'Ends a decision when its job is deleted undone';

CREATE OR REPLACE TRIGGER decision_follow AFTER DELETE ON job FOR EACH ROW
	WHEN (OLD.kind = 'act.decision') EXECUTE FUNCTION decision_follow();
