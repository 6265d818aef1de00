-- Fills a database that is as confab made it with :scale times what a small site has: 5,000 accounts, 500 of them
-- advisors, 2,000 reports, 10,000 sessions, 5,000 lines of the audit log, 2,000 jobs, 10,000 logins; growth.sql filled
-- its conversations before, 100,000 messages each time. As superuser. Names are made of syllables, the first ones used
-- most, as names are: some words everybody has, some a few people, most hardly anybody. The indexes of the tables
-- filled are left without these rows, to be built again (psql of panel.sh).
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET session_replication_role = replica;
SET synchronous_commit = off;
SELECT setseed(0.5) \g /dev/null

CREATE FUNCTION pg_temp.account(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT (lpad(to_hex(1600000000000 + n * 300000), 12, '0') || '7' || substr(md5('account' || n), 1, 19))::uuid $$;
CREATE FUNCTION pg_temp.made(n bigint, total bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
	$$ SELECT app_now() - make_interval(secs => 94608000.0 * (total - n) / total) $$;
-- One of so many, the first ones most often.
CREATE FUNCTION pg_temp.often(total bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
	$$ SELECT 1 + floor(total * power(random(), 3))::bigint $$;
CREATE FUNCTION pg_temp.syllables(n bigint, count int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT initcap(string_agg((ARRAY['ra', 'ka', 'pri', 'sha', 'mo', 'li', 'ven', 'su', 'an', 'de', 'jo', 'ma', 'gu',
		'bel', 'ti', 'nor', 'zo', 'chi', 'fe', 'wu'])[1 + (n / power(20, i)::bigint % 20)], '' ORDER BY i))
	FROM generate_series(0, count - 1) i
$$;

CREATE FUNCTION pg_temp.asleep(on_tables regclass[]) RETURNS void LANGUAGE sql AS $$
	UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY (on_tables)
$$;

SELECT 5000 * :scale AS accounts, 500 * :scale AS advisors, 2000 * :scale AS reports, 10000 * :scale AS sessions,
	5000 * :scale AS lines, 2000 * :scale AS jobs, 10000 * :scale AS logins \gset
SELECT set_config('volume.lines', (:lines)::text, false), set_config('volume.accounts', (:accounts)::text, false) \g /dev/null
SELECT pg_temp.asleep(ARRAY['user_account', 'advisor', 'report', 'session', 'audit', 'job', 'login', 'conversation',
	'member', 'inbox']::regclass[]) \g /dev/null

INSERT INTO user_account (id, email, phone_hash, phone_sealed, display_name, role, state, block_reason, bio, locale,
	timezone, created_at, updated_at)
	SELECT pg_temp.account(n), lower(first || '.' || last) || n || '@' || (ARRAY['gmail.com', 'yahoo.example',
		'post.example', 'mail' || n % 500 || '.example'])[1 + floor(power(random(), 2) * 4)::int],
		CASE WHEN n % 3 = 0 THEN 'volume' || n END, CASE WHEN n % 3 = 0 THEN 'sealed' END,
		CASE n % 1000 WHEN 0 THEN 'Jürgen' ELSE first END || ' ' || CASE n % 40 WHEN 1 THEN 'Khan' WHEN 2 THEN 'Patel'
			ELSE last END, CASE WHEN n > :accounts - 20 THEN 'ADMIN' WHEN n % 10 = 0 THEN 'ADVISOR' ELSE 'USER' END,
		CASE WHEN n % 97 = 0 THEN 'BLOCKED' WHEN n % 211 = 0 THEN 'DELETED' ELSE 'ACTIVE' END,
		CASE WHEN n % 97 = 0 THEN 'Insults people' END, 'Likes rivers and long walks.', 'en', 'Asia/Kolkata',
		pg_temp.made(n, :accounts), pg_temp.made(n, :accounts)
	FROM generate_series(1, :accounts::bigint) n, LATERAL (SELECT pg_temp.syllables(pg_temp.often(400) + n * 0, 2) AS first,
		pg_temp.syllables(pg_temp.often(8000) + n * 0, 3) AS last OFFSET 0) names;
INSERT INTO inbox (user_id) SELECT pg_temp.account(n) FROM generate_series(1, :accounts::bigint) n;

-- Every tenth; some hundred wait for review.
INSERT INTO advisor (id, state, headline, bio, experience_years, languages, specializations, rate_minor, online,
	online_at, rating_count, rating_sum, session_count, applied_at, reviewed_at, created_at)
	SELECT pg_temp.account(n * 10), state, 'Listens first', 'Many years of listening.', n % 40,
		CASE n % 20 WHEN 0 THEN '{ta}' WHEN 1 THEN '{mr,en}' ELSE '{en,hi}' END::text[],
		ARRAY[(ARRAY['dating', 'breakup', 'marriage', 'family', 'self_esteem', 'career', 'vedic_astrology',
			'western_astrology', 'numerology', 'tarot', 'vastu'])[pg_temp.often(11)]],
		n % 90 * 100, state = 'APPROVED' AND n % 9 = 0, pg_temp.made(n, :accounts), n % 50, n % 50 * 4, n % 300,
		CASE WHEN state <> 'DRAFT' THEN pg_temp.made(n, :advisors) END,
		CASE WHEN state NOT IN ('DRAFT', 'PENDING') THEN pg_temp.made(n, :advisors) END, pg_temp.made(n, :accounts)
	FROM generate_series(1, :advisors::bigint) n, LATERAL (SELECT CASE WHEN n % 50 = 0 THEN 'PENDING' WHEN n % 10 = 1
		THEN 'DRAFT' WHEN n % 10 = 2 THEN 'REJECTED' WHEN n % 100 = 3 THEN 'SUSPENDED' ELSE 'APPROVED' END AS state) s;

-- A few people are reported again and again, and a few report all the time.
INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, detail, snapshot, state,
	resolution, resolved_by, resolved_at, created_at)
	SELECT gen_random_uuid(), pg_temp.account(CASE WHEN state = 'OPEN' THEN 1 + n % :accounts
		ELSE pg_temp.often(:accounts) END), type, CASE WHEN type IN ('USER', 'ADVISOR')
		THEN about ELSE gen_random_uuid() END, about, (ARRAY['SPAM', 'ABUSE', 'FRAUD', 'INDECENT', 'OTHER', 'MINOR'])
		[pg_temp.often(6)], 'Writes to me again and again, number ' || n, jsonb_build_object('display_name', 'Somebody',
		'bio', 'Call me'), state, CASE WHEN state = 'OPEN' THEN '' ELSE 'Seen.' END,
		CASE WHEN state <> 'OPEN' THEN pg_temp.account(:accounts) END,
		CASE WHEN state <> 'OPEN' THEN pg_temp.made(n, :reports) END, pg_temp.made(n, :reports)
	FROM generate_series(1, :reports::bigint) n, LATERAL (SELECT
		CASE n % 12 WHEN 0 THEN 'ADVISOR' WHEN 1 THEN 'MESSAGE' WHEN 2 THEN 'SESSION' ELSE 'USER' END AS type,
		pg_temp.account(pg_temp.often(:accounts)) AS about,
		CASE WHEN n % 10 = 0 OR n > :reports - 1000 THEN 'OPEN' WHEN n % 3 = 0 THEN 'ACTIONED' ELSE 'DISMISSED' END AS state
		OFFSET 0) r;

-- Each with a conversation of its own: the first with those that growth.sql filled, the others hold nothing.
SELECT count(*) AS filled FROM conversation WHERE id > 'a0a0a0a0-0000-7000-8000-000000000000'
	AND id < 'a0a0a0a0-0000-7000-8000-999999999999' \gset
CREATE FUNCTION pg_temp.talk(n bigint, filled bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN n < filled THEN ('a0a0a0a0-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
		ELSE (lpad(to_hex(1650000000000 + n), 12, '0') || '7' || substr(md5('talk' || n), 1, 19))::uuid END
$$;
UPDATE conversation c SET kind = 'SESSION', closed_at = app_now()
	FROM generate_series(1, least(:filled - 1, :sessions)::bigint) n WHERE c.id = pg_temp.talk(n, :filled);
INSERT INTO conversation (id, kind, closed_at, created_at)
	SELECT pg_temp.talk(n, :filled), 'SESSION', pg_temp.made(n, :sessions), pg_temp.made(n, :sessions)
	FROM generate_series(:filled::bigint, :sessions::bigint) n;
INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id, topic, rate_minor, expires_at, requested_at,
	accepted_at, started_at, ended_at)
	SELECT gen_random_uuid(), CASE n % 10 WHEN 0 THEN 'AI_CHAT' WHEN 1 THEN 'VOICE' ELSE 'CHAT' END, state,
		pg_temp.account(pg_temp.often(:advisors) * 10 - 1),
		CASE WHEN n % 10 = 0 THEN NULL WHEN live THEN pg_temp.account((n % :advisors + 1) * 10)
			ELSE pg_temp.account(pg_temp.often(:advisors) * 10) END,
		pg_temp.talk(n, :filled), 'What to do about number ' || n, 1500, CASE WHEN live THEN app_now() + interval '1 day'
			ELSE at + interval '2 minutes' END, at, CASE WHEN state IN ('ACCEPTED', 'ENDED') THEN at END,
		CASE WHEN state = 'ENDED' THEN at END, CASE WHEN NOT live THEN at + interval '20 minutes' END
	FROM generate_series(1, :sessions::bigint) n, LATERAL (SELECT n > :sessions - 300 AS live,
		pg_temp.made(n, :sessions) AS at) l, LATERAL (SELECT CASE WHEN live THEN (ARRAY['REQUESTED', 'ACCEPTED'])[1 + n % 2]
			ELSE (ARRAY['ENDED', 'ENDED', 'ENDED', 'DECLINED', 'CANCELLED', 'EXPIRED'])[1 + n % 6] END AS state) s;
INSERT INTO member (conversation_id, user_id, role)
	SELECT s.conversation_id, who.id, who.role::member_role FROM session s,
		LATERAL (VALUES (s.user_id, 'USER'), (s.advisor_id, 'ADVISOR')) who(id, role)
	WHERE who.id IS NOT NULL AND s.topic LIKE 'What to do about number %' AND s.conversation_id::text NOT LIKE 'a0a0a0a0-%';

-- What is late would be worked at, and what is long over pruned: neither is there.
INSERT INTO job (kind, state, run_at, attempts, tries_max, began_at, last_error, created_at, done_at)
	SELECT 'volume.' || pg_temp.often(20), state, app_now() + interval '1 day', n % 8, 8, app_now(),
		CASE WHEN state = 'DEAD' THEN 'timeout: ended after its 120 s' ELSE '' END,
		app_now() - make_interval(secs => 80000.0 * (:jobs - n) / :jobs),
		CASE WHEN state <> 'READY' THEN app_now() - make_interval(secs => 80000.0 * (:jobs - n) / :jobs) END
	FROM generate_series(1, :jobs::bigint) n, LATERAL (SELECT CASE WHEN n % 100 = 0 THEN 'READY' WHEN n % 100 < 3 THEN 'DEAD'
		ELSE 'DONE' END AS state) s;

-- Decided just now, and never in effect: no job waits for them.
INSERT INTO decision (id, act, subject_id, what, decided_by, effective_at)
	SELECT gen_random_uuid(), 'advisor.approve', pg_temp.account(n * 10), 'Approve Somebody', pg_temp.account(:accounts),
		app_now() + interval '1 day' FROM generate_series(100, least(:advisors, 5000)::bigint, 100) n;

INSERT INTO login (id, user_id, kind, device_name, user_agent, ip, created_at, last_used_at, expires_at, ended_at,
	end_reason)
	SELECT gen_random_uuid(), pg_temp.account(pg_temp.often(:accounts)), 'APP', 'Phone ' || n % 7, 'Mozilla/5.0',
		('10.' || n % 250 || '.' || n / 250 % 250 || '.1')::inet, pg_temp.made(n, :logins), pg_temp.made(n, :logins),
		app_now() + interval '30 days', CASE WHEN n % 4 > 0 THEN pg_temp.made(n, :logins) END,
		CASE WHEN n % 4 > 0 THEN 'LOGOUT' END
	FROM generate_series(1, :logins::bigint) n;

-- The chain goes on from what is there. 20 administrators, and what they do most they do to the same few.
DO $$
DECLARE
	line audit;
	total bigint := current_setting('volume.lines')::bigint;
	accounts bigint := current_setting('volume.accounts')::bigint;
BEGIN
	SELECT * INTO line FROM audit ORDER BY id DESC LIMIT 1;
	line.hash := coalesce(line.hash, '');
	line.id := coalesce(line.id, 0);
	FOR n IN 1 .. total LOOP
		line.previous_hash := line.hash;
		line.id := line.id + 1;
		line.at := pg_temp.made(n, total);
		line.actor_id := pg_temp.account(accounts - n % 20);
		line.action := 'volume.' || pg_temp.often(20);
		line.target_type := 'user';
		line.target_id := pg_temp.account(pg_temp.often(accounts));
		line.detail := '{"reason": "Insults people"}';
		line.request_id := md5('request' || n);
		line.hash := audit_digest(line);
		INSERT INTO audit SELECT line.*;
	END LOOP;
END $$;
