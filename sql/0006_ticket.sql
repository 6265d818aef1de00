-- Tickets for connections that cannot carry an Authorization header: browsers' EventSource and WebSocket.
-- They live for half a minute: unlogged, for after a crash a client asks for another.
CREATE UNLOGGED TABLE ticket (
	hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
	user_id uuid NOT NULL REFERENCES user_account ON DELETE CASCADE,
	login_id uuid NOT NULL REFERENCES login ON DELETE CASCADE,
	role text NOT NULL CHECK (role IN ('USER', 'ADVISOR', 'ADMIN')),
	expires_at timestamptz NOT NULL
);
COMMENT ON TABLE ticket IS 'Single-use tickets to open a stream of events; claimed by deleting the row';
COMMENT ON COLUMN ticket.hash IS 'SHA-256 of the ticket, which only its owner has';
COMMENT ON COLUMN ticket.user_id IS 'Whose events it opens';
COMMENT ON COLUMN ticket.login_id IS 'The login it was issued to; when that ends, so does the stream';
COMMENT ON COLUMN ticket.role IS 'The role of the access token it was issued for';
COMMENT ON COLUMN ticket.expires_at IS 'Not good after this';
CREATE INDEX ticket_expires ON ticket (expires_at);
