-- Who is there: merged from the devices at each responder, and told to those who may see it.
--
-- Nobody waits for these commits to reach the disk: what is lost with them was not told either, and is
-- said again. Changes are told by transactional messages in the log: decoded at commit, in order of
-- commit, and not at all after a rollback. A message outside of the transaction would reach watchers
-- before a reader sees the state it tells of.

CREATE OR REPLACE FUNCTION presence_json(hidden boolean, status text, seen timestamptz) RETURNS jsonb
	LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN NOT hidden THEN jsonb_build_object('status', coalesce(status, 'OFFLINE'),
		'last_seen_at', CASE WHEN coalesce(status, 'OFFLINE') = 'OFFLINE'
			THEN time_json(date_trunc('minute', seen, 'UTC')) END) END
$$;
COMMENT ON FUNCTION presence_json(boolean, text, timestamptz) IS
	'What others see of somebody''s presence, null when hidden; last_seen_at only of who is not there';

-- --- telling ---

CREATE OR REPLACE FUNCTION presence_watchers(person uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN ARRAY(SELECT DISTINCT o.user_id FROM (
			SELECT c.id FROM member k JOIN conversation c ON c.id = k.conversation_id
			WHERE k.user_id = person
			ORDER BY coalesce(c.last_message_at, c.created_at) DESC LIMIT 500) recent
		JOIN member o ON o.conversation_id = recent.id
		WHERE o.user_id <> person AND o.user_id NOT IN (
			SELECT blocked_id FROM block WHERE user_id = person
			UNION ALL SELECT user_id FROM block WHERE blocked_id = person)
		LIMIT 1000);
END $$;
COMMENT ON FUNCTION presence_watchers(uuid) IS
	'Who hears of a person''s presence: the others of the latest 500 conversations, but for blocks; at most 1,000';

CREATE OR REPLACE FUNCTION presence_say(person uuid, watchers uuid[], concealed boolean) RETURNS void
	LANGUAGE plpgsql AS $$
DECLARE
	shown jsonb;
BEGIN
	IF cardinality(watchers) = 0 THEN RETURN; END IF;
	SELECT presence_json(u.presence_hidden OR concealed, p.status, p.last_seen_at) INTO shown
		FROM user_account u LEFT JOIN presence p ON p.user_id = u.id WHERE u.id = person;
	PERFORM pg_logical_emit_message(true, 'confab', jsonb_build_object('type', 'presence',
		'users', to_jsonb(watchers), 'data', jsonb_build_object('user_id', person)
			|| coalesce(shown, '{"status": null, "last_seen_at": null}'))::text);
END $$;
COMMENT ON FUNCTION presence_say(uuid, uuid[], boolean) IS
	'Tell the watchers how the person stands now; nulls when hidden or concealed. Needs the lock of presence_lock';

-- --- merging ---

CREATE OR REPLACE FUNCTION presence_lock(users uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO presence (user_id) SELECT u.id FROM user_account u
		WHERE u.id = ANY (users) AND NOT EXISTS (SELECT FROM presence p WHERE p.user_id = u.id)
		ORDER BY u.id ON CONFLICT DO NOTHING;
	PERFORM FROM presence p WHERE p.user_id = ANY (users) ORDER BY p.user_id FOR NO KEY UPDATE;
END $$;
COMMENT ON FUNCTION presence_lock(uuid[]) IS
	'Before any change to devices of these people, and before telling: one change after the other, in user-id order';

CREATE OR REPLACE FUNCTION presence_settle(users uuid[], seen timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	changed presence%ROWTYPE;
BEGIN
	FOR changed IN
		UPDATE presence p SET status = n.status, last_seen_at = CASE WHEN n.status = 'OFFLINE'
				THEN greatest(p.last_seen_at, seen) ELSE p.last_seen_at END
			FROM (SELECT q.user_id, CASE WHEN d.away IS NULL THEN 'OFFLINE'
					WHEN d.away THEN 'AWAY' ELSE 'ONLINE' END AS status
				FROM presence q LEFT JOIN LATERAL (SELECT bool_and(EXISTS (
						SELECT FROM presence_away a WHERE a.login_id = v.login_id)) AS away
					FROM presence_device v WHERE v.user_id = q.user_id) d ON true
				WHERE q.user_id = ANY (users)) n
			WHERE p.user_id = n.user_id AND p.status <> n.status RETURNING p.*
	LOOP
		IF NOT (SELECT presence_hidden FROM user_account WHERE id = changed.user_id) THEN
			PERFORM presence_say(changed.user_id, presence_watchers(changed.user_id), false);
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION presence_settle(uuid[], timestamptz) IS
	'Under presence_lock, after devices changed: merge them, and tell of those people that stand otherwise now';

CREATE OR REPLACE FUNCTION presence_set(person uuid, device uuid, away boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM presence_lock(ARRAY[person]);
	IF away THEN
		INSERT INTO presence_away (login_id, user_id) VALUES (device, person)
			ON CONFLICT (login_id) DO UPDATE SET set_at = app_now();
	ELSE
		DELETE FROM presence_away WHERE login_id = device;
	END IF;
	PERFORM presence_settle(ARRAY[person], NULL);
	RETURN (SELECT status FROM presence WHERE user_id = person);
END $$;
COMMENT ON FUNCTION presence_set(uuid, uuid, boolean) IS
	'A device says it is away, or back; how the person stands with all devices merged';

-- --- what responders say ---

CREATE OR REPLACE FUNCTION presence_begin(node uuid, ttl_ms int) RETURNS boolean LANGUAGE sql AS $$
	INSERT INTO presence_node (id, until_at) VALUES (node, app_now() + ttl_ms * interval '1 ms')
		ON CONFLICT (id) DO UPDATE SET until_at = excluded.until_at;
	SELECT true
$$;
COMMENT ON FUNCTION presence_begin(uuid, int) IS 'A new node, without devices';

CREATE OR REPLACE FUNCTION presence_beat(node uuid, ttl_ms int) RETURNS boolean LANGUAGE sql AS $$
	WITH beaten AS (UPDATE presence_node SET beat_at = app_now(),
			until_at = app_now() + ttl_ms * interval '1 ms'
		WHERE id = node AND until_at >= app_now() RETURNING id)
	SELECT EXISTS (SELECT FROM beaten)
$$;
COMMENT ON FUNCTION presence_beat(uuid, int) IS
	'All devices of the node are still there; false: it was late, and must begin anew with all of them';

CREATE OR REPLACE FUNCTION presence_arrive(node uuid, users uuid[], logins uuid[]) RETURNS boolean
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	PERFORM FROM presence_node n WHERE n.id = node AND n.until_at >= app_now() FOR KEY SHARE;
	IF NOT FOUND THEN RETURN false; END IF;
	PERFORM presence_lock(users);
	INSERT INTO presence_device (user_id, login_id, node_id)
		SELECT d.person, d.login, node FROM unnest(users, logins) AS d (person, login)
		JOIN presence p ON p.user_id = d.person ON CONFLICT DO NOTHING;
	PERFORM presence_settle(users, NULL);
	RETURN true;
END $$;
COMMENT ON FUNCTION presence_arrive(uuid, uuid[], uuid[]) IS
	'Devices came to a node, each of the user at its place; false: the node is none (any more)';

CREATE OR REPLACE FUNCTION presence_forget(node uuid, users uuid[], logins uuid[], seen timestamptz) RETURNS void
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM presence_lock(users);
	DELETE FROM presence_device v USING unnest(users, logins) AS d (person, login)
		WHERE v.user_id = d.person AND v.login_id = d.login AND v.node_id = node;
	DELETE FROM presence_away a USING unnest(users, logins) AS d (person, login)
		WHERE a.login_id = d.login AND NOT EXISTS (SELECT FROM presence_device v
			WHERE v.user_id = d.person AND v.login_id = d.login);
	PERFORM presence_settle(users, seen);
END $$;
COMMENT ON FUNCTION presence_forget(uuid, uuid[], uuid[], timestamptz) IS
	'Devices are at that node no more, and were seen last at that time';

CREATE OR REPLACE FUNCTION presence_leave(node uuid, users uuid[], logins uuid[], ago_ms int) RETURNS boolean
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	PERFORM presence_forget(node, users, logins, app_now() - ago_ms * interval '1 ms');
	RETURN true;
END $$;
COMMENT ON FUNCTION presence_leave(uuid, uuid[], uuid[], int) IS 'Devices left a node so long ago';

CREATE OR REPLACE FUNCTION presence_goodbye(node uuid, kept_ms int) RETURNS boolean LANGUAGE sql AS $$
	UPDATE presence_node SET until_at = least(until_at, app_now() + kept_ms * interval '1 ms')
		WHERE id = node;
	SELECT true
$$;
COMMENT ON FUNCTION presence_goodbye(uuid, int) IS
	'The node ends; its devices count for so long, so that they can come to another one unnoticed';

CREATE OR REPLACE FUNCTION presence_sweep(most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	dead presence_node%ROWTYPE;
	users uuid[];
	logins uuid[];
BEGIN
	DELETE FROM presence_away a WHERE a.set_at < app_now() - interval '1 minute'
		AND NOT EXISTS (SELECT FROM presence_device v WHERE v.user_id = a.user_id AND v.login_id = a.login_id);
	SELECT * INTO dead FROM presence_node WHERE until_at < app_now()
		ORDER BY until_at LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN RETURN 0; END IF;
	SELECT array_agg(d.user_id), array_agg(d.login_id) INTO users, logins FROM (
		SELECT v.user_id, v.login_id FROM presence_device v WHERE v.node_id = dead.id LIMIT most) d;
	IF users IS NULL THEN
		DELETE FROM presence_node WHERE id = dead.id;
		RETURN 0;
	END IF;
	PERFORM presence_forget(dead.id, users, logins, dead.beat_at);
	RETURN cardinality(users);
END $$;
COMMENT ON FUNCTION presence_sweep(int) IS
	'Forget at most so many devices of a node that stopped beating; how many: ask again until it is none';

-- --- what changes who may see it ---

CREATE OR REPLACE FUNCTION presence_hide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM presence_lock(ARRAY[NEW.id]);
	PERFORM presence_say(NEW.id, presence_watchers(NEW.id), false);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION presence_hide() IS 'Who hides, or shows again, does so at once';
CREATE OR REPLACE TRIGGER presence_hide AFTER UPDATE OF presence_hidden ON user_account FOR EACH ROW
	WHEN (OLD.presence_hidden <> NEW.presence_hidden) EXECUTE FUNCTION presence_hide();

CREATE OR REPLACE FUNCTION presence_block() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	one uuid := coalesce(NEW.user_id, OLD.user_id);
	other uuid := coalesce(NEW.blocked_id, OLD.blocked_id);
	blocked boolean;
BEGIN
	IF NOT EXISTS (SELECT FROM member a JOIN member b ON b.conversation_id = a.conversation_id
			WHERE a.user_id = one AND b.user_id = other) THEN
		RETURN NULL;
	END IF;
	PERFORM presence_lock(ARRAY[one, other]);
	blocked := block_between(one, other);
	PERFORM presence_say(one, ARRAY[other], blocked);
	PERFORM presence_say(other, ARRAY[one], blocked);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION presence_block() IS
	'A block conceals each from the other, like somebody who hides; its end shows them again';
CREATE OR REPLACE TRIGGER presence_block AFTER INSERT OR DELETE ON block FOR EACH ROW
	EXECUTE FUNCTION presence_block();
