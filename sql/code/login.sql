-- The end of a login.

CREATE OR REPLACE FUNCTION login_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO revocation (login_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION login_ended() IS 'Ending a login, for whatever reason, revokes its access tokens';
CREATE OR REPLACE TRIGGER login_ended AFTER UPDATE OF ended_at ON login FOR EACH ROW
	WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION login_ended();
