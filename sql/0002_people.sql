-- People, how they sign in, and what stands between them.

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
	presence_hidden boolean NOT NULL DEFAULT false,
	version bigint NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	updated_at timestamptz NOT NULL DEFAULT app_now(),
	search text NOT NULL GENERATED ALWAYS AS (person_fold(display_name, email)) STORED,
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
COMMENT ON COLUMN user_account.presence_hidden IS 'Nobody sees whether this person is there, or was';
COMMENT ON COLUMN user_account.version IS 'Grows with each edit; the ETag of the profile';
COMMENT ON COLUMN user_account.created_at IS 'When the account was made';
COMMENT ON COLUMN user_account.updated_at IS 'Last edit';
COMMENT ON COLUMN user_account.search IS 'Name and e-mail as administrators search them: see search_pattern()';
CREATE INDEX user_account_created ON user_account (created_at DESC, id DESC);
-- Accounts by words of the name or the e-mail.
CREATE INDEX user_account_search ON user_account USING gin (search gin_trgm_ops);
-- So that the planner tells a word that one in a thousand has from one that one in a hundred has: by the index the
-- first is found at once, and the second sooner without it.
ALTER TABLE user_account ALTER search SET STATISTICS 300;
-- The panel's list: its other order, and the filters that can leave few of many.
CREATE INDEX user_account_name ON user_account (lower(display_name), id);
CREATE INDEX user_account_role ON user_account (role, created_at, id);
CREATE INDEX user_account_state ON user_account (state, created_at, id);

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
	proved_at timestamptz NOT NULL DEFAULT app_now(),
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
COMMENT ON COLUMN login.proved_at IS 'When its person last proved who they are: at sign-in, or again';
COMMENT ON COLUMN login.expires_at IS 'Absolute end, whatever the use';
COMMENT ON COLUMN login.ended_at IS 'When it was ended; null while good';
COMMENT ON COLUMN login.end_reason IS 'Why it was ended';
CREATE INDEX login_history ON login (user_id, created_at DESC, id DESC);
CREATE INDEX login_user ON login (user_id, created_at DESC) WHERE ended_at IS NULL;
CREATE INDEX login_ip ON login (ip, created_at DESC);
CREATE UNIQUE INDEX login_secret ON login (secret_hash) WHERE secret_hash IS NOT NULL;

-- The second factor (lib/domain/people/totp.h).
CREATE TABLE totp (
	user_id uuid PRIMARY KEY REFERENCES user_account ON DELETE RESTRICT,
	secret_sealed text NOT NULL,
	last_step bigint NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	confirmed_at timestamptz
);
COMMENT ON TABLE totp IS 'Authenticator apps as second factor (RFC 6238)';
COMMENT ON COLUMN totp.user_id IS 'Whose';
COMMENT ON COLUMN totp.secret_sealed IS 'The shared secret in base32, sealed for this account';
COMMENT ON COLUMN totp.last_step IS 'Newest step whose code was used: only later ones work';
COMMENT ON COLUMN totp.created_at IS 'When setting it up began';
COMMENT ON COLUMN totp.confirmed_at IS 'When a first code fitted: it is asked for since; null: never';

CREATE TABLE recovery_code (
	user_id uuid NOT NULL REFERENCES totp ON DELETE CASCADE,
	code_hash text NOT NULL,
	used_at timestamptz,
	PRIMARY KEY (user_id, code_hash)
);
COMMENT ON TABLE recovery_code IS 'Codes for who has lost the authenticator app, each good once';
COMMENT ON COLUMN recovery_code.user_id IS 'Whose';
COMMENT ON COLUMN recovery_code.code_hash IS 'Keyed hash of account and code';
COMMENT ON COLUMN recovery_code.used_at IS 'When it was used; null: it is good';

CREATE TABLE revocation (
	login_id uuid PRIMARY KEY REFERENCES login ON DELETE CASCADE,
	revoked_at timestamptz NOT NULL DEFAULT app_clock(),
	revoked_xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE revocation IS 'Logins whose access tokens are refused although not yet expired; every machine reads what is new each second or two';
COMMENT ON COLUMN revocation.login_id IS 'The ended login: the sid claim';
COMMENT ON COLUMN revocation.revoked_at IS 'When it ended; the row outlives the longest token, then is pruned';
COMMENT ON COLUMN revocation.revoked_xid IS 'The transaction that ended it: a reader takes those that were not over when it looked before';
CREATE INDEX revocation_xid ON revocation (revoked_xid);
CREATE INDEX revocation_time ON revocation (revoked_at);

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
-- The queue takes the oldest of each kind of complaint.
CREATE INDEX report_queue ON report (reason, created_at, id) WHERE state = 'OPEN';
-- The panel's list, and what a person's page shows of reports.
CREATE INDEX report_created ON report (created_at, id);
CREATE INDEX report_state ON report (state, created_at, id);
CREATE INDEX report_reason ON report (reason, created_at, id);
CREATE INDEX report_type ON report (target_type, created_at, id);
CREATE INDEX report_target ON report (target_user_id, created_at, id);
CREATE INDEX report_reporter ON report (reporter_id, created_at, id);
CREATE INDEX report_about ON report (target_id, created_at, id);
CREATE UNIQUE INDEX report_once ON report (reporter_id, target_type, target_id) WHERE state = 'OPEN';

-- What administrators note beside a person or a thing, for each other.
CREATE TABLE note (
	id uuid PRIMARY KEY,
	subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 40),
	subject_id uuid NOT NULL,
	author_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	body text NOT NULL CHECK (length(body) BETWEEN 1 AND 2000),
	created_at timestamptz NOT NULL DEFAULT app_now()
);
COMMENT ON TABLE note IS 'What administrators note beside a person or a thing, for each other';
COMMENT ON COLUMN note.id IS 'UUID version 7';
COMMENT ON COLUMN note.subject IS 'Kind of what it is about, as user';
COMMENT ON COLUMN note.subject_id IS 'Which';
COMMENT ON COLUMN note.author_id IS 'The administrator';
COMMENT ON COLUMN note.body IS 'The text';
COMMENT ON COLUMN note.created_at IS 'When it was written';
CREATE INDEX note_subject ON note (subject_id, created_at, id);

-- Who looks after what: one administrator.
CREATE TABLE assignment (
	subject text NOT NULL CHECK (length(subject) <= 40),
	subject_id uuid NOT NULL,
	admin_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (subject, subject_id)
);
COMMENT ON TABLE assignment IS 'Which administrator looks after a person or a thing';
COMMENT ON COLUMN assignment.subject IS 'Kind of it, as report';
COMMENT ON COLUMN assignment.subject_id IS 'Which';
COMMENT ON COLUMN assignment.admin_id IS 'Who';
COMMENT ON COLUMN assignment.at IS 'Since when';
CREATE INDEX assignment_admin ON assignment (admin_id, subject, subject_id);

-- Who works through a queue, and at what: one matter each, and no two at the same.
CREATE TABLE queue_look (
	queue text NOT NULL CHECK (length(queue) BETWEEN 1 AND 40),
	admin_id uuid NOT NULL REFERENCES user_account ON DELETE RESTRICT,
	matter_id uuid NOT NULL,
	item_id uuid NOT NULL,
	skipped boolean NOT NULL DEFAULT false,
	at timestamptz NOT NULL DEFAULT app_now(),
	PRIMARY KEY (queue, admin_id, matter_id)
);
COMMENT ON TABLE queue_look IS 'What administrators look at in a queue, so that no two get the same, and what they skipped';
COMMENT ON COLUMN queue_look.queue IS 'Its name, as reports';
COMMENT ON COLUMN queue_look.admin_id IS 'Who looks';
COMMENT ON COLUMN queue_look.matter_id IS 'What items that are decided together have in common, as the person reported';
COMMENT ON COLUMN queue_look.item_id IS 'The item of it that is shown';
COMMENT ON COLUMN queue_look.skipped IS 'Was put off: it comes after all others for this administrator, and at once for another';
COMMENT ON COLUMN queue_look.at IS 'Since when; a look is forgotten after some minutes';
