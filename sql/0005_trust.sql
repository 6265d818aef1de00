-- What stands between an account and whoever is not its owner.

-- What leaves the system is a row written in the transaction it belongs to, and sent by the worker's job outbox.send,
-- whose key is the row's id. Whom it goes to and what it says are sealed with keys outside the database.
CREATE TABLE outbox (
	id uuid PRIMARY KEY,
	channel text NOT NULL CHECK (channel IN ('SMS', 'EMAIL')),
	recipient_sealed text,
	recipient_masked text NOT NULL CHECK (length(recipient_masked) <= 300),
	user_id uuid REFERENCES user_account (id),
	letter text NOT NULL CHECK (length(letter) <= 64),
	locale text NOT NULL CHECK (length(locale) <= 35),
	content_sealed text,
	state text NOT NULL DEFAULT 'QUEUED' CHECK (state IN ('QUEUED', 'SENT', 'DELIVERED', 'FAILED')),
	provider text NOT NULL DEFAULT '' CHECK (length(provider) <= 64),
	provider_ref text CHECK (length(provider_ref) <= 300),
	segments int,
	error text NOT NULL DEFAULT '' CHECK (length(error) <= 300),
	created_at timestamptz NOT NULL DEFAULT app_now(),
	expires_at timestamptz NOT NULL,
	sent_at timestamptz,
	state_at timestamptz NOT NULL DEFAULT app_now()
);
COMMENT ON TABLE outbox IS 'SMS and e-mail that leave the system, or have left';
COMMENT ON COLUMN outbox.id IS 'UUID version 7; the name in an e-mail''s Message-ID';
COMMENT ON COLUMN outbox.channel IS 'SMS or EMAIL';
COMMENT ON COLUMN outbox.recipient_sealed IS 'Number or address, AES-256-GCM under a key outside the database; null after some days';
COMMENT ON COLUMN outbox.recipient_masked IS 'The same with most of it starred, to be shown';
COMMENT ON COLUMN outbox.user_id IS 'Whose account it is about; null when there is none';
COMMENT ON COLUMN outbox.letter IS 'Which letter it is, as code';
COMMENT ON COLUMN outbox.locale IS 'Language it is written in, if there is a catalogue of it';
COMMENT ON COLUMN outbox.content_sealed IS 'Sealed: until it is sent what is put into its words; afterwards, of the built-in provider in development, what it said; else null';
COMMENT ON COLUMN outbox.state IS 'QUEUED, SENT when the provider has accepted it, DELIVERED when it said so, FAILED when refused or given up';
COMMENT ON COLUMN outbox.provider IS 'Who was asked to deliver it last; empty before';
COMMENT ON COLUMN outbox.provider_ref IS 'What the provider calls it';
COMMENT ON COLUMN outbox.segments IS 'As how many messages an SMS is charged; null until it is sent';
COMMENT ON COLUMN outbox.error IS 'What was wrong the last time; neither address nor text';
COMMENT ON COLUMN outbox.created_at IS 'When it was written';
COMMENT ON COLUMN outbox.expires_at IS 'It is not sent any more after this';
COMMENT ON COLUMN outbox.sent_at IS 'When the provider accepted it';
COMMENT ON COLUMN outbox.state_at IS 'When the state last changed';
CREATE INDEX outbox_created ON outbox (created_at, id);
CREATE INDEX outbox_state ON outbox (state, created_at, id);
CREATE INDEX outbox_channel ON outbox (channel, created_at, id);
CREATE INDEX outbox_letter ON outbox (letter, created_at, id);
CREATE INDEX outbox_provider ON outbox (provider, created_at, id);
CREATE INDEX outbox_user ON outbox (user_id, created_at, id);
CREATE INDEX outbox_sealed ON outbox (created_at) WHERE recipient_sealed IS NOT NULL;
