-- Who has blocked whom.

CREATE OR REPLACE FUNCTION block_between(a uuid, b uuid) RETURNS boolean LANGUAGE sql STABLE AS
	'SELECT EXISTS (SELECT FROM block WHERE (user_id = a AND blocked_id = b) OR (user_id = b AND blocked_id = a))';
COMMENT ON FUNCTION block_between(uuid, uuid) IS 'Has either blocked the other';
