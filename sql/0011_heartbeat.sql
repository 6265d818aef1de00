-- The worker's heartbeat: when it last did each of its rounds, by this server's clock, so that /readyz and the
-- panel see a worker that is gone, hangs or cannot write. One row a lane, shared by all workers; they are
-- rewritten every second, hence the room in the page.

CREATE TABLE heartbeat (
	lane text PRIMARY KEY CHECK (lane ~ '^[a-z]{1,20}$'),
	beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE heartbeat IS 'When a worker last did each kind of its work; a lane without a row was never done';
COMMENT ON COLUMN heartbeat.lane IS 'What was done: turn is the loop itself, the others its rounds';
COMMENT ON COLUMN heartbeat.beat_at IS 'When it was last finished; the real time, also where tests move the clock';
