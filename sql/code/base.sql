-- What the functions of every noun stand on. This file is applied first, the others by name.

CREATE OR REPLACE FUNCTION time_json(t timestamptz) RETURNS text LANGUAGE sql STABLE AS
	$$ SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
COMMENT ON FUNCTION time_json(timestamptz) IS 'RFC 3339 in UTC with Z, for times inside json built by SQL';

-- STABLE, as what it calls: then the planner inlines it.
CREATE OR REPLACE FUNCTION amount_json(minor bigint, currency text) RETURNS jsonb LANGUAGE sql STABLE AS
	$$ SELECT jsonb_build_object('amount_minor', minor, 'currency', currency) $$;
COMMENT ON FUNCTION amount_json(bigint, text) IS 'An amount of money as bodies, replies and events have it';

-- Refuse with one of the codes of lib/base/err.def.
CREATE OR REPLACE FUNCTION refuse(code text, detail text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'CF000', MESSAGE = code, DETAIL = detail;
END $$;
COMMENT ON FUNCTION refuse(text, text) IS 'Raise an error that the programs answer by its code';

-- For the triggers of tables that are only ever added to.
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION append_only() IS 'Refuses UPDATE, DELETE and TRUNCATE';

-- For triggers BEFORE UPDATE OF state, with each move that there is as an argument: 'OPEN CLOSED'.
CREATE OR REPLACE FUNCTION state_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF OLD.state || ' ' || NEW.state <> ALL (TG_ARGV) THEN
		PERFORM refuse('bad_state', OLD.state || ' to ' || NEW.state);
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION state_guard() IS 'No state change but those the trigger names, whoever asks';
