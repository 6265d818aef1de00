-- The way to ask for a job. With a key: while one of the kind with that key is READY or RUNNING, that one is given
-- and its payload stays as it is; when it has ended, the key is free again. So a key is for work that is the
-- same whoever wants it, and that reads what it needs when it runs. Whoever asks twice at once, on two connections,
-- waits until the first has committed.
CREATE OR REPLACE FUNCTION job_add(the_kind text, the_payload jsonb DEFAULT '{}', the_key text DEFAULT NULL,
	wait interval DEFAULT '0') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	the_id uuid;
BEGIN
	LOOP
		INSERT INTO job (kind, key, payload, run_at) VALUES (the_kind, the_key, the_payload, app_now() + wait)
			ON CONFLICT (kind, key) WHERE state IN ('READY', 'RUNNING') DO NOTHING RETURNING id INTO the_id;
		IF the_id IS NULL THEN
			SELECT id INTO the_id FROM job
				WHERE kind = the_kind AND key = the_key AND state IN ('READY', 'RUNNING');
		END IF;
		-- NULL: it ended between the two.
		EXIT WHEN the_id IS NOT NULL;
	END LOOP;
	RETURN the_id;
END $$;
COMMENT ON FUNCTION job_add(text, jsonb, text, interval) IS
	'Ask for a job of a kind, not before wait is over; its id, or that of the one with the same key';
