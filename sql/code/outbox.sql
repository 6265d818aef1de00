-- A letter's row goes with its job: given up, whatever the reason (killed workers too), it is FAILED; tried anew by an
-- administrator, it waits again.
CREATE OR REPLACE FUNCTION outbox_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE outbox SET state = CASE WHEN NEW.state = 'DEAD' THEN 'FAILED' ELSE 'QUEUED' END, state_at = app_now(),
		error = CASE WHEN error = '' THEN left(NEW.last_error, 300) ELSE error END
		WHERE id = NEW.key::uuid AND state = CASE WHEN NEW.state = 'DEAD' THEN 'QUEUED' ELSE 'FAILED' END;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION outbox_follow() IS 'Keeps a letter''s state with that of its job';

CREATE OR REPLACE TRIGGER outbox_follow AFTER UPDATE OF state ON job FOR EACH ROW
	WHEN (NEW.kind = 'outbox.send' AND (NEW.state = 'DEAD') <> (OLD.state = 'DEAD'))
	EXECUTE FUNCTION outbox_follow();
