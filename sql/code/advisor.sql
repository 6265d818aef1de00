-- What follows from an edit of an advisor's profile: the words it is found by, the history of its price.

CREATE OR REPLACE FUNCTION advisor_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	name text := (SELECT display_name FROM user_account WHERE id = NEW.id);
BEGIN
	NEW.search :=
		setweight(to_tsvector('simple', unaccent(name)), 'A') ||
		setweight(to_tsvector('simple', unaccent(NEW.headline)), 'B') ||
		setweight(to_tsvector('simple', replace(array_to_string(NEW.specializations, ' '), '_', ' ')), 'B') ||
		setweight(to_tsvector('simple', unaccent(NEW.bio)), 'C');
	RETURN NEW;
END $$;
COMMENT ON FUNCTION advisor_words() IS 'Keeps advisor.search';
CREATE OR REPLACE TRIGGER advisor_words BEFORE INSERT OR UPDATE OF headline, bio, specializations, updated_at
	ON advisor FOR EACH ROW EXECUTE FUNCTION advisor_words();

CREATE OR REPLACE FUNCTION advisor_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE advisor SET updated_at = app_now() WHERE id = NEW.id;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION advisor_renamed() IS 'A new display name is found by search at once';
CREATE OR REPLACE TRIGGER advisor_renamed AFTER UPDATE OF display_name ON user_account FOR EACH ROW
	WHEN (OLD.display_name IS DISTINCT FROM NEW.display_name) EXECUTE FUNCTION advisor_renamed();

CREATE OR REPLACE FUNCTION advisor_rate_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO advisor_rate (advisor_id, rate_minor, currency)
		VALUES (NEW.id, NEW.rate_minor, NEW.currency);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION advisor_rate_keep() IS 'Writes the price history';
CREATE OR REPLACE TRIGGER advisor_rate_first AFTER INSERT ON advisor FOR EACH ROW
	EXECUTE FUNCTION advisor_rate_keep();
CREATE OR REPLACE TRIGGER advisor_rate_next AFTER UPDATE OF rate_minor, currency ON advisor FOR EACH ROW
	WHEN ((OLD.rate_minor, OLD.currency) IS DISTINCT FROM (NEW.rate_minor, NEW.currency))
	EXECUTE FUNCTION advisor_rate_keep();

-- As people apply and the acts of review decide; a test compares them.
CREATE OR REPLACE TRIGGER advisor_guard BEFORE UPDATE OF state ON advisor FOR EACH ROW
	WHEN (OLD.state IS DISTINCT FROM NEW.state)
	EXECUTE FUNCTION state_guard('DRAFT PENDING', 'REJECTED PENDING', 'PENDING APPROVED', 'PENDING REJECTED',
		'APPROVED SUSPENDED', 'SUSPENDED APPROVED', 'APPROVED REJECTED', 'SUSPENDED REJECTED');
