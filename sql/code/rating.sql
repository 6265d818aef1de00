-- What a rating does to its advisor.

CREATE OR REPLACE FUNCTION rating_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE advisor SET rating_count = rating_count + 1, rating_sum = rating_sum + NEW.stars
		WHERE id = NEW.advisor_id;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION rating_count() IS 'Keeps the advisor''s count and sum';
CREATE OR REPLACE TRIGGER rating_count AFTER INSERT ON rating FOR EACH ROW EXECUTE FUNCTION rating_count();
