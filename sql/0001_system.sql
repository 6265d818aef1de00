-- The schema. Numbered files hold tables, what belongs to them (constraints, indexes, domains, rows they are
-- born with), and those functions that constraints and defaults need. All other functions, views and
-- triggers are in code/, each once, in its present form: `confab migrate` applies a file there again whenever
-- it changed, after the numbered ones. From the first tagged release on, an applied numbered file is never
-- edited: what changes is a new file. Every table and column has a comment.
--
-- This file: what all others stand on. The clock, limits, idempotency, jobs, audit.

CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- The clock of everything stored. Tests replace this one function to move time; an SQL function this
-- simple is inlined by the planner and costs nothing.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';
COMMENT ON FUNCTION app_now() IS 'Time of the transaction; the clock that stored times come from';
-- Moves with the one above, whatever that is.
CREATE FUNCTION app_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
	'SELECT clock_timestamp() + (app_now() - now())';
COMMENT ON FUNCTION app_clock() IS 'Time of this moment, later within the same transaction: for rows that one transaction writes one after the other';

-- What administrators find people by, without case and accents, as a column that is indexed. unaccent() depends on a
-- dictionary that can be edited, so PostgreSQL calls it STABLE; ours is never edited. Its name is written in full, for
-- a restore makes the column with an empty search_path.
CREATE FUNCTION person_fold(name text, email text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT said || regexp_replace(said, '[^[:alnum:]]+', ' ', 'g')
	FROM (SELECT ' ' || lower(public.unaccent('public.unaccent', name)) || ' ' || coalesce(email, '') AS said) s
$$;
COMMENT ON FUNCTION person_fold(text, text) IS 'What a person is found by: as it stands, and each word behind a blank';

CREATE TABLE rate_bucket (
	key text PRIMARY KEY CHECK (length(key) <= 300),
	count int NOT NULL,
	next_at timestamptz,
	ends_at timestamptz NOT NULL
);
COMMENT ON TABLE rate_bucket IS 'Counters that must survive restarts and hold over all programs: failed logins and the like';
COMMENT ON COLUMN rate_bucket.key IS 'Rule and subject';
COMMENT ON COLUMN rate_bucket.count IS 'Uses in the present window';
COMMENT ON COLUMN rate_bucket.next_at IS 'The next one may come then; null: at once';
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
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	kind text NOT NULL CHECK (length(kind) <= 64),
	key text CHECK (length(key) BETWEEN 1 AND 200),
	payload jsonb NOT NULL DEFAULT '{}',
	state text NOT NULL DEFAULT 'READY' CHECK (state IN ('READY', 'RUNNING', 'DONE', 'DEAD')),
	run_at timestamptz NOT NULL DEFAULT app_now(),
	attempts int NOT NULL DEFAULT 0,
	tries_max int NOT NULL DEFAULT 0,
	began_at timestamptz,
	lease_until timestamptz,
	last_error text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT app_now(),
	done_at timestamptz,
	CONSTRAINT job_lease CHECK ((lease_until IS NOT NULL) = (state = 'RUNNING')),
	CONSTRAINT job_ended CHECK ((done_at IS NOT NULL) = (state IN ('DONE', 'DEAD')))
);
COMMENT ON TABLE job IS 'Work for the worker, written in the transaction that wants it done';
COMMENT ON COLUMN job.id IS 'UUID';
COMMENT ON COLUMN job.kind IS 'What is to be done, as ai.reply; the worker knows its lane, its time limit and its tries';
COMMENT ON COLUMN job.key IS 'Of one kind there is one job of a key that is READY or RUNNING; null: any number';
COMMENT ON COLUMN job.payload IS 'What doing it needs; nothing secret, the panel shows some of it';
COMMENT ON COLUMN job.state IS 'READY, RUNNING while a worker has it, DONE, or DEAD after too many tries';
COMMENT ON COLUMN job.run_at IS 'Not before this; grows with each failed try';
COMMENT ON COLUMN job.attempts IS 'Tries begun; the number is the name of the lease';
COMMENT ON COLUMN job.tries_max IS 'Tries that its kind has, as of the last claim; 0 before the first';
COMMENT ON COLUMN job.began_at IS 'When the last try began; null before the first';
COMMENT ON COLUMN job.lease_until IS 'While RUNNING: whoever has it is ended before this, and then another may take it';
COMMENT ON COLUMN job.last_error IS 'What the last failure was';
COMMENT ON COLUMN job.created_at IS 'When it was asked for';
COMMENT ON COLUMN job.done_at IS 'When it was done or given up';
CREATE INDEX job_ready ON job (kind, run_at, id) WHERE state = 'READY';
CREATE INDEX job_running ON job (lease_until) WHERE state = 'RUNNING';
CREATE INDEX job_state ON job (state, created_at, id);
CREATE INDEX job_created ON job (created_at, id);
CREATE INDEX job_kind ON job (kind, created_at, id);
CREATE INDEX job_ended ON job (done_at) WHERE state IN ('DONE', 'DEAD');
CREATE UNIQUE INDEX job_key ON job (kind, key) WHERE state IN ('READY', 'RUNNING');

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
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_target ON audit (target_id, at, id);
CREATE INDEX audit_actor ON audit (actor_id, at, id);
CREATE INDEX audit_action ON audit (action, at, id);
CREATE INDEX audit_request ON audit (request_id);

-- Checking the whole audit log takes as long as the log is long: the worker does it, slice by slice, and one
-- at a time.
CREATE TABLE audit_check (
	id uuid PRIMARY KEY,
	asked_by uuid,
	asked_at timestamptz NOT NULL DEFAULT app_now(),
	state text NOT NULL DEFAULT 'RUNNING' CHECK (state IN ('RUNNING', 'GOOD', 'BROKEN', 'FAILED')),
	checked bigint NOT NULL DEFAULT 0,
	last_id bigint NOT NULL DEFAULT 0,
	broken_id bigint,
	done_at timestamptz,
	CONSTRAINT audit_check_done CHECK ((done_at IS NULL) = (state = 'RUNNING')),
	CONSTRAINT audit_check_broken CHECK ((broken_id IS NOT NULL) = (state = 'BROKEN'))
);
COMMENT ON TABLE audit_check IS 'Checks of the whole audit log, by the worker';
COMMENT ON COLUMN audit_check.id IS 'UUID version 7: the newest last';
COMMENT ON COLUMN audit_check.asked_by IS 'The administrator';
COMMENT ON COLUMN audit_check.asked_at IS 'When it was asked for';
COMMENT ON COLUMN audit_check.state IS 'RUNNING, GOOD (all rows fit), BROKEN, or FAILED (its job was given up)';
COMMENT ON COLUMN audit_check.checked IS 'Rows seen so far';
COMMENT ON COLUMN audit_check.last_id IS 'The last of them; where the next slice begins';
COMMENT ON COLUMN audit_check.broken_id IS 'The first row that does not fit the one before';
COMMENT ON COLUMN audit_check.done_at IS 'When it came to an end';
CREATE UNIQUE INDEX audit_check_running ON audit_check ((true)) WHERE state = 'RUNNING';

CREATE TABLE figure (
	day date NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
	count bigint NOT NULL,
	counted_at timestamptz NOT NULL,
	PRIMARY KEY (day, name)
);
COMMENT ON TABLE figure IS 'Counts by day, kept by the worker so that no page counts whole tables';
COMMENT ON COLUMN figure.day IS 'The day, UTC';
COMMENT ON COLUMN figure.name IS 'Of what happened on the day, as messages; of what there was at its end, as users';
COMMENT ON COLUMN figure.count IS 'How many';
COMMENT ON COLUMN figure.counted_at IS 'When the count last changed; of messages and users, when they were last counted';

-- What was decided in a queue takes effect a little later, so that it can be undone: until then nothing has happened.
CREATE TABLE decision (
	id uuid PRIMARY KEY,
	act text NOT NULL CHECK (length(act) <= 64),
	subject_id uuid NOT NULL,
	what text NOT NULL CHECK (length(what) <= 300),
	input jsonb NOT NULL DEFAULT '{}',
	decided_by uuid NOT NULL,
	request_id text NOT NULL DEFAULT '',
	state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'DONE', 'UNDONE', 'FAILED')),
	error text NOT NULL DEFAULT '',
	decided_at timestamptz NOT NULL DEFAULT app_now(),
	effective_at timestamptz NOT NULL,
	done_at timestamptz,
	CONSTRAINT decision_ended CHECK ((done_at IS NULL) = (state = 'PENDING'))
);
COMMENT ON TABLE decision IS 'Acts that were decided and take effect a little later, by a job';
COMMENT ON COLUMN decision.id IS 'UUID version 7: the newest last';
COMMENT ON COLUMN decision.act IS 'The act, as advisor.approve';
COMMENT ON COLUMN decision.subject_id IS 'To whom or what';
COMMENT ON COLUMN decision.what IS 'The act and its subject in words, as they were called then';
COMMENT ON COLUMN decision.input IS 'What the act was given';
COMMENT ON COLUMN decision.decided_by IS 'The administrator';
COMMENT ON COLUMN decision.request_id IS 'Request that decided, as in the logs';
COMMENT ON COLUMN decision.state IS 'PENDING until effective_at; then DONE, or FAILED when the act was refused; UNDONE';
COMMENT ON COLUMN decision.error IS 'Why it FAILED: a code of the API';
COMMENT ON COLUMN decision.decided_at IS 'When';
COMMENT ON COLUMN decision.effective_at IS 'When it takes effect, and cannot be undone any more';
COMMENT ON COLUMN decision.done_at IS 'When it ceased to be PENDING';
CREATE UNIQUE INDEX decision_pending ON decision (subject_id) WHERE state = 'PENDING';
CREATE INDEX decision_subject ON decision (subject_id, decided_at, id) WHERE state <> 'DONE';
CREATE INDEX decision_by ON decision (decided_by, id DESC);
CREATE INDEX decision_done ON decision (done_at) WHERE done_at IS NOT NULL;

-- Which server's log the epoch was chosen for. A restore to a time begins a new timeline, and so does the
-- promotion of a standby; a dump is loaded into another system. Whoever comes first decides, in
-- epoch_settle, whether cursors from before are still good.
CREATE TABLE epoch (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	epoch bigint NOT NULL,
	system_id text,
	timeline bigint
);
COMMENT ON TABLE epoch IS 'One row: which life of this database event cursors belong to';
COMMENT ON COLUMN epoch.one IS 'Always true';
COMMENT ON COLUMN epoch.epoch IS 'Changed at every restore, so that older cursors resync';
COMMENT ON COLUMN epoch.system_id IS 'System identifier of the server the epoch was chosen or found good for';
COMMENT ON COLUMN epoch.timeline IS 'Timeline of its write-ahead log then';

-- The worker's heartbeat, by this server's clock, so that /readyz and the panel see a worker that is gone, hangs
-- or cannot write, and which lane of it. One row a lane, shared by all workers; they are
-- rewritten every second, hence the room in the page.

CREATE TABLE heartbeat (
	lane text PRIMARY KEY CHECK (lane ~ '^[a-z]{1,20}$'),
	beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE heartbeat IS 'When each part of a worker was last heard of; one without a row never was';
COMMENT ON COLUMN heartbeat.lane IS 'turn: the whole of it; a lane of jobs; or a round, as expire';
COMMENT ON COLUMN heartbeat.beat_at IS 'When all of it, or the lane, was last seen alive, or the round was last done; the real time, also where tests move the clock';

-- Views of the panel's lists that an administrator keeps by name.
CREATE TABLE saved_view (
	id uuid PRIMARY KEY,
	admin_id uuid NOT NULL,
	list text NOT NULL CHECK (length(list) <= 40),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
	query text NOT NULL CHECK (length(query) <= 2000),
	created_at timestamptz NOT NULL DEFAULT app_now(),
	CONSTRAINT saved_view_name UNIQUE (admin_id, list, name)
);
COMMENT ON TABLE saved_view IS 'Views of the panel''s lists that an administrator keeps by name';
COMMENT ON COLUMN saved_view.id IS 'UUID version 7';
COMMENT ON COLUMN saved_view.admin_id IS 'Whose';
COMMENT ON COLUMN saved_view.list IS 'Name of the list, as users';
COMMENT ON COLUMN saved_view.name IS 'As its administrator calls it';
COMMENT ON COLUMN saved_view.query IS 'Filters, sort and page size as the address has them';
COMMENT ON COLUMN saved_view.created_at IS 'When it was kept';
