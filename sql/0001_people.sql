-- People and how they sign in; limits, idempotency, jobs, audit. Every table and column has a comment.

-- The clock of everything stored. Tests replace this one function to move time; an SQL function this
-- simple is inlined by the planner and costs nothing.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';
COMMENT ON FUNCTION app_now() IS 'Time of the transaction; the only clock that stored times come from';

CREATE FUNCTION time_json(t timestamptz) RETURNS text LANGUAGE sql STABLE AS
	$$ SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
COMMENT ON FUNCTION time_json(timestamptz) IS 'RFC 3339 in UTC with Z, for times inside json built by SQL';

-- Refuse with one of the codes of lib/base/err.def.
CREATE FUNCTION refuse(code text, detail text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'CF000', MESSAGE = code, DETAIL = detail;
END $$;
COMMENT ON FUNCTION refuse(text, text) IS 'Raise an error that the programs answer by its code';

CREATE TABLE user_account (
	id uuid PRIMARY KEY,
	email text CONSTRAINT user_account_email_key UNIQUE
		CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
	phone_hash text CONSTRAINT user_account_phone_key UNIQUE,
	phone_sealed text,
	password_hash text,
	display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 80),
	role text NOT NULL CHECK (role IN ('USER', 'ADVISOR', 'ADMIN')),
	state text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'BLOCKED', 'DELETED')),
	block_reason text CHECK (length(block_reason) <= 500),
	bio text NOT NULL DEFAULT '' CHECK (length(bio) <= 2000),
	gender text CHECK (gender IN ('FEMALE', 'MALE', 'OTHER')),
	birth_date date CHECK (birth_date BETWEEN '1900-01-01' AND '2100-01-01'),
	locale text NOT NULL DEFAULT 'en' CHECK (length(locale) <= 35),
	timezone text NOT NULL DEFAULT 'UTC' CHECK (length(timezone) <= 64),
	version bigint NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	updated_at timestamptz NOT NULL DEFAULT app_now(),
	CONSTRAINT user_account_reachable CHECK
		(state = 'DELETED' OR email IS NOT NULL OR phone_hash IS NOT NULL),
	CONSTRAINT user_account_phone_whole CHECK ((phone_hash IS NULL) = (phone_sealed IS NULL))
);
COMMENT ON TABLE user_account IS 'A person with an account, whatever the role';
COMMENT ON COLUMN user_account.id IS 'UUID version 7';
COMMENT ON COLUMN user_account.email IS 'Lower case; null when the account is by phone only';
COMMENT ON COLUMN user_account.phone_hash IS 'Keyed hash of the E.164 number, for look-up';
COMMENT ON COLUMN user_account.phone_sealed IS 'The E.164 number, AES-256-GCM under a key outside the database';
COMMENT ON COLUMN user_account.password_hash IS 'argon2id PHC string; null when no password was set';
COMMENT ON COLUMN user_account.display_name IS 'Name shown to others';
COMMENT ON COLUMN user_account.role IS 'USER, ADVISOR or ADMIN; ADMIN is never self-chosen';
COMMENT ON COLUMN user_account.state IS 'ACTIVE, BLOCKED by an admin, or DELETED';
COMMENT ON COLUMN user_account.block_reason IS 'Why an admin blocked the account';
COMMENT ON COLUMN user_account.bio IS 'What the person says of themselves';
COMMENT ON COLUMN user_account.gender IS 'FEMALE, MALE, OTHER or not said';
COMMENT ON COLUMN user_account.birth_date IS 'Date of birth; age is computed';
COMMENT ON COLUMN user_account.locale IS 'BCP 47 tag for messages to this person';
COMMENT ON COLUMN user_account.timezone IS 'IANA time zone name';
COMMENT ON COLUMN user_account.version IS 'Grows with each edit; the ETag of the profile';
COMMENT ON COLUMN user_account.created_at IS 'When the account was made';
COMMENT ON COLUMN user_account.updated_at IS 'Last edit';
CREATE INDEX user_account_created ON user_account (created_at DESC, id DESC);

CREATE TABLE login (
	id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	kind text NOT NULL CHECK (kind IN ('APP', 'PANEL')),
	device_name text NOT NULL DEFAULT '' CHECK (length(device_name) <= 80),
	user_agent text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 300),
	ip inet NOT NULL,
	counter bigint NOT NULL DEFAULT 1,
	rotated_at timestamptz NOT NULL DEFAULT app_now(),
	secret_hash text,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	last_used_at timestamptz NOT NULL DEFAULT app_now(),
	expires_at timestamptz NOT NULL,
	ended_at timestamptz,
	end_reason text CHECK (end_reason IN
		('LOGOUT', 'LOGOUT_ALL', 'ENDED', 'REUSE', 'EXPIRED', 'BLOCKED', 'REPLACED'))
);
COMMENT ON TABLE login IS 'A signed-in device: one line of refresh tokens, or one panel cookie';
COMMENT ON COLUMN login.id IS 'UUID version 7; the sid claim of access tokens';
COMMENT ON COLUMN login.user_id IS 'Whose login';
COMMENT ON COLUMN login.kind IS 'APP (refresh token) or PANEL (cookie)';
COMMENT ON COLUMN login.device_name IS 'As the app named the device';
COMMENT ON COLUMN login.user_agent IS 'User-Agent at sign-in';
COMMENT ON COLUMN login.ip IS 'Address at last use';
COMMENT ON COLUMN login.counter IS 'Number of the refresh token that is good now';
COMMENT ON COLUMN login.rotated_at IS 'When counter last grew; its parent works for ten seconds more';
COMMENT ON COLUMN login.secret_hash IS 'SHA-256 of the panel cookie; null for APP';
COMMENT ON COLUMN login.created_at IS 'Sign-in';
COMMENT ON COLUMN login.last_used_at IS 'Last refresh or panel page; 30 idle days end an APP login';
COMMENT ON COLUMN login.expires_at IS 'Absolute end, whatever the use';
COMMENT ON COLUMN login.ended_at IS 'When it was ended; null while good';
COMMENT ON COLUMN login.end_reason IS 'Why it was ended';
CREATE INDEX login_user ON login (user_id, created_at DESC) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX login_secret ON login (secret_hash) WHERE secret_hash IS NOT NULL;

CREATE TABLE revocation (
	login_id uuid PRIMARY KEY REFERENCES login ON DELETE CASCADE,
	revoked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE revocation IS 'Logins whose access tokens are refused although not yet expired; every program reads it each second or two';
COMMENT ON COLUMN revocation.login_id IS 'The ended login: the sid claim';
COMMENT ON COLUMN revocation.revoked_at IS 'When it ended; the row outlives the longest token, then is pruned';
CREATE INDEX revocation_time ON revocation (revoked_at);
CREATE FUNCTION login_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO revocation (login_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION login_ended() IS 'Ending a login, for whatever reason, revokes its access tokens';
CREATE TRIGGER login_ended AFTER UPDATE OF ended_at ON login FOR EACH ROW
	WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION login_ended();

CREATE TABLE block (
	user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	blocked_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (user_id, blocked_id),
	CONSTRAINT block_not_self CHECK (user_id <> blocked_id)
);
COMMENT ON TABLE block IS 'One person has blocked another; it works both ways and is silent';
COMMENT ON COLUMN block.user_id IS 'Who blocks';
COMMENT ON COLUMN block.blocked_id IS 'Who is blocked';
COMMENT ON COLUMN block.created_at IS 'Since when';
CREATE INDEX block_reverse ON block (blocked_id);

CREATE FUNCTION block_between(a uuid, b uuid) RETURNS boolean LANGUAGE sql STABLE AS
	'SELECT EXISTS (SELECT FROM block WHERE (user_id = a AND blocked_id = b) OR (user_id = b AND blocked_id = a))';
COMMENT ON FUNCTION block_between(uuid, uuid) IS 'Has either blocked the other';

CREATE TABLE report (
	id uuid PRIMARY KEY,
	reporter_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	target_type text NOT NULL CHECK (target_type IN ('USER', 'ADVISOR', 'MESSAGE', 'SESSION')),
	target_id uuid NOT NULL,
	target_user_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	reason text NOT NULL CHECK (reason IN ('SPAM', 'ABUSE', 'FRAUD', 'INDECENT', 'MINOR', 'OTHER')),
	detail text NOT NULL DEFAULT '' CHECK (length(detail) <= 2000),
	snapshot jsonb NOT NULL DEFAULT '{}',
	state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'ACTIONED', 'DISMISSED')),
	resolution text NOT NULL DEFAULT '' CHECK (length(resolution) <= 500),
	resolved_by uuid REFERENCES user_account ON DELETE RESTRICT,
	resolved_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT app_now()
);
COMMENT ON TABLE report IS 'A flag raised by a user, for the moderators';
COMMENT ON COLUMN report.id IS 'UUID version 7';
COMMENT ON COLUMN report.reporter_id IS 'Who reports';
COMMENT ON COLUMN report.target_type IS 'What kind of thing target_id names';
COMMENT ON COLUMN report.target_id IS 'The user, advisor, message or session';
COMMENT ON COLUMN report.target_user_id IS 'The person behind the target';
COMMENT ON COLUMN report.reason IS 'Chosen from a list';
COMMENT ON COLUMN report.detail IS 'In the reporter''s words';
COMMENT ON COLUMN report.snapshot IS 'What was reported, as it stood then';
COMMENT ON COLUMN report.state IS 'OPEN, ACTIONED or DISMISSED';
COMMENT ON COLUMN report.resolution IS 'What the moderator noted';
COMMENT ON COLUMN report.resolved_by IS 'The admin who closed it';
COMMENT ON COLUMN report.resolved_at IS 'When it was closed';
COMMENT ON COLUMN report.created_at IS 'When it was raised';
CREATE INDEX report_open ON report (created_at, id) WHERE state = 'OPEN';
CREATE UNIQUE INDEX report_once ON report (reporter_id, target_type, target_id) WHERE state = 'OPEN';

CREATE TABLE rate_bucket (
	key text PRIMARY KEY CHECK (length(key) <= 300),
	count int NOT NULL,
	ends_at timestamptz NOT NULL
);
COMMENT ON TABLE rate_bucket IS 'Counters that must survive restarts and hold over all programs: failed logins and the like';
COMMENT ON COLUMN rate_bucket.key IS 'Rule and subject';
COMMENT ON COLUMN rate_bucket.count IS 'Uses in the present window';
COMMENT ON COLUMN rate_bucket.ends_at IS 'End of the window; the next use begins a new one';
CREATE INDEX rate_bucket_ends ON rate_bucket (ends_at);

CREATE TABLE idempotency (
	user_id uuid NOT NULL,
	key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
	request_hash text NOT NULL,
	status int,
	body text,
	location text,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (user_id, key)
);
COMMENT ON TABLE idempotency IS 'Answers kept for requests with an Idempotency-Key; committed with the work itself';
COMMENT ON COLUMN idempotency.user_id IS 'Who sent the key; keys of two people never meet';
COMMENT ON COLUMN idempotency.key IS 'The header as sent';
COMMENT ON COLUMN idempotency.request_hash IS 'SHA-256 over method, path and body';
COMMENT ON COLUMN idempotency.status IS 'HTTP status of the answer; null only inside the first transaction';
COMMENT ON COLUMN idempotency.body IS 'The answer, byte for byte';
COMMENT ON COLUMN idempotency.location IS 'Its Location header, if it had one';
COMMENT ON COLUMN idempotency.created_at IS 'First use; kept for 72 hours';
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE job (
	id uuid PRIMARY KEY,
	kind text NOT NULL CHECK (length(kind) <= 64),
	payload jsonb NOT NULL DEFAULT '{}',
	state text NOT NULL DEFAULT 'READY' CHECK (state IN ('READY', 'DONE', 'DEAD')),
	run_at timestamptz NOT NULL DEFAULT app_now(),
	attempts int NOT NULL DEFAULT 0,
	last_error text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT app_now(),
	done_at timestamptz
);
COMMENT ON TABLE job IS 'Work for the worker, written in the transaction that wants it done';
COMMENT ON COLUMN job.id IS 'UUID';
COMMENT ON COLUMN job.kind IS 'Which handler does it, as ai.reply';
COMMENT ON COLUMN job.payload IS 'What the handler needs';
COMMENT ON COLUMN job.state IS 'READY, DONE, or DEAD after too many tries';
COMMENT ON COLUMN job.run_at IS 'Not before this; grows with each failed try and while a worker has it';
COMMENT ON COLUMN job.attempts IS 'Tries begun';
COMMENT ON COLUMN job.last_error IS 'Code of the last failure';
COMMENT ON COLUMN job.created_at IS 'When it was asked for';
COMMENT ON COLUMN job.done_at IS 'When it was done or given up';
CREATE INDEX job_ready ON job (run_at) WHERE state = 'READY';

CREATE TABLE audit (
	id bigint PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT app_now(),
	actor_id uuid,
	action text NOT NULL CHECK (length(action) <= 64),
	target_type text NOT NULL,
	target_id uuid,
	detail jsonb NOT NULL DEFAULT '{}',
	request_id text NOT NULL DEFAULT '',
	previous_hash text NOT NULL,
	hash text NOT NULL
);
COMMENT ON TABLE audit IS 'What administrators and the system did, append-only, each row sealed to the one before';
COMMENT ON COLUMN audit.id IS 'Place in the chain, from 1, without gaps';
COMMENT ON COLUMN audit.at IS 'When';
COMMENT ON COLUMN audit.actor_id IS 'Who; null for the system';
COMMENT ON COLUMN audit.action IS 'What, as advisor.approve';
COMMENT ON COLUMN audit.target_type IS 'Kind of thing acted on';
COMMENT ON COLUMN audit.target_id IS 'Which';
COMMENT ON COLUMN audit.detail IS 'Before, after, reason';
COMMENT ON COLUMN audit.request_id IS 'Request that did it, as in the logs';
COMMENT ON COLUMN audit.previous_hash IS 'hash of the row before; empty text for the first';
COMMENT ON COLUMN audit.hash IS 'SHA-256 over previous_hash and this row';
CREATE INDEX audit_target ON audit (target_type, target_id, id DESC);

CREATE FUNCTION audit_digest(a audit) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(a.previous_hash, a.id,
		extract(epoch FROM a.at), a.actor_id, a.action, a.target_type, a.target_id, a.detail,
		a.request_id)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION audit_digest(audit) IS 'The hash an audit row must have';
CREATE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER audit_seal BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_seal();
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION append_only() IS 'Refuses UPDATE, DELETE and TRUNCATE';
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
	FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit EXECUTE FUNCTION append_only();

CREATE TABLE epoch (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	epoch bigint NOT NULL
);
COMMENT ON TABLE epoch IS 'One row: which life of this database event cursors belong to';
COMMENT ON COLUMN epoch.one IS 'Always true';
COMMENT ON COLUMN epoch.epoch IS 'Changed at every restore, so that older cursors resync';
INSERT INTO epoch (epoch) VALUES (extract(epoch FROM clock_timestamp())::bigint);
