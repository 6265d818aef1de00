-- Figures of the home page, counted by the worker: a page must not count millions of rows.

-- The days, of the last so many, whose count is not final: today, and those not counted after their end.
CREATE OR REPLACE FUNCTION figure_due(days int) RETURNS SETOF date LANGUAGE sql STABLE AS $$
	SELECT d.day FROM (SELECT (app_now() AT TIME ZONE 'UTC')::date - i AS day FROM generate_series(0, days - 1) i) d
	LEFT JOIN figure f ON f.day = d.day AND f.name = 'messages'
	WHERE f.counted_at IS NULL OR f.counted_at < (d.day + 1) AT TIME ZONE 'UTC' + interval '1 minute'
	ORDER BY d.day DESC
$$;
COMMENT ON FUNCTION figure_due(int) IS 'Days to be counted, the newest first';

CREATE OR REPLACE FUNCTION figure_day(of date) RETURNS SETOF figure LANGUAGE sql STABLE AS $$
	SELECT of, 'messages', count(*), app_now() FROM message
	WHERE created_at >= of AT TIME ZONE 'UTC' AND created_at < (of + 1) AT TIME ZONE 'UTC'
	UNION ALL
	SELECT of, 'sessions', count(*), app_now() FROM session
	WHERE requested_at >= of AT TIME ZONE 'UTC' AND requested_at < (of + 1) AT TIME ZONE 'UTC'
$$;
COMMENT ON FUNCTION figure_day(date) IS 'What happened on a day, by name';

-- Kept as figures of today: so yesterday's stay as they were in the end.
CREATE OR REPLACE FUNCTION figure_totals() RETURNS SETOF figure LANGUAGE sql STABLE AS $$
	SELECT (app_now() AT TIME ZONE 'UTC')::date, x.name, x.count, app_now() FROM (
		SELECT count(*) FILTER (WHERE state <> 'DELETED'), count(*) FILTER (WHERE state = 'BLOCKED'),
			count(*) FILTER (WHERE created_at > app_now() - interval '7 days') FROM user_account
	) u(users, blocked, new), (
		SELECT count(*) FILTER (WHERE state = 'DRAFT'), count(*) FILTER (WHERE state = 'APPROVED'),
			count(*) FILTER (WHERE state = 'REJECTED') FROM advisor
	) a(draft, approved, rejected), LATERAL (VALUES ('users', u.users), ('users_blocked', u.blocked),
		('users_new', u.new), ('advisors_draft', a.draft), ('advisors_approved', a.approved),
		('advisors_rejected', a.rejected),
		('messages_day', (SELECT count(*) FROM message WHERE created_at > app_now() - interval '24 hours'))
	) x(name, count)
$$;
COMMENT ON FUNCTION figure_totals() IS 'How much there is of everything, by name';

-- What is the same is not written, but for the rows that say when they were counted.
CREATE OR REPLACE FUNCTION figure_put(f figure) RETURNS void LANGUAGE sql AS $$
	INSERT INTO figure VALUES (f.*) ON CONFLICT (day, name)
	DO UPDATE SET count = excluded.count, counted_at = excluded.counted_at
	WHERE figure.count <> excluded.count OR figure.name IN ('messages', 'users')
$$;
COMMENT ON FUNCTION figure_put(figure) IS 'Keep a figure; an older one of its day and name is replaced';
