-- The chain of audit rows.

CREATE OR REPLACE FUNCTION audit_digest(a audit) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(a.previous_hash, a.id,
		extract(epoch FROM a.at), a.actor_id, a.action, a.target_type, a.target_id, a.detail,
		a.request_id)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION audit_digest(audit) IS 'The hash an audit row must have';

CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	last audit%ROWTYPE;
BEGIN
	-- Under the lock, so that order of the chain is order of commit and numbers have no gaps.
	PERFORM pg_advisory_xact_lock(hashtext('audit chain'));
	SELECT * INTO last FROM audit ORDER BY id DESC LIMIT 1;
	NEW.id := coalesce(last.id, 0) + 1;
	NEW.previous_hash := coalesce(last.hash, '');
	NEW.hash := audit_digest(NEW);
	RETURN NEW;
END $$;
COMMENT ON FUNCTION audit_seal() IS 'Chains a new audit row to the last one';
CREATE OR REPLACE TRIGGER audit_seal BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_seal();
CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
	FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE OR REPLACE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit EXECUTE FUNCTION append_only();
