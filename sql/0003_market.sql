-- Advisors, what they offer, and what it costs.

CREATE TABLE specialization (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	slug text NOT NULL UNIQUE CONSTRAINT specialization_slug CHECK (slug ~ '^[a-z][a-z0-9_]{1,39}$'),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
	place int NOT NULL DEFAULT 0,
	state text NOT NULL DEFAULT 'OFFERED' CHECK (state IN ('OFFERED', 'RETIRED', 'MERGED')),
	merged_into uuid REFERENCES specialization ON DELETE RESTRICT,
	CONSTRAINT specialization_merged CHECK ((state = 'MERGED') = (merged_into IS NOT NULL))
);
COMMENT ON TABLE specialization IS 'Subjects an advisor can offer';
COMMENT ON COLUMN specialization.id IS 'For acts and their audit entries; clients use the slug';
COMMENT ON COLUMN specialization.slug IS 'Stable name used by clients and filters';
COMMENT ON COLUMN specialization.name IS 'English name shown to people';
COMMENT ON COLUMN specialization.place IS 'Order in lists';
COMMENT ON COLUMN specialization.state IS
	'OFFERED; RETIRED: kept on old profiles, no longer offered; MERGED: its slug leads to another, no profile has it';
COMMENT ON COLUMN specialization.merged_into IS 'Where its slug leads; that one is never MERGED itself';
-- The panel's list.
CREATE INDEX specialization_place ON specialization (place, id);
CREATE INDEX specialization_words ON specialization (lower(name), id);
CREATE INDEX specialization_state ON specialization (state, place, id);
CREATE INDEX specialization_merged_into ON specialization (merged_into) WHERE merged_into IS NOT NULL;
INSERT INTO specialization (slug, name, place) VALUES
	('dating', 'Dating', 10), ('breakup', 'Breakup', 20), ('marriage', 'Marriage', 30),
	('family', 'Family', 40), ('self_esteem', 'Self-esteem', 50), ('career', 'Career', 60),
	('vedic_astrology', 'Vedic astrology', 70), ('western_astrology', 'Western astrology', 80),
	('numerology', 'Numerology', 90), ('tarot', 'Tarot', 100), ('vastu', 'Vastu', 110);

CREATE TABLE specialization_name (
	specialization_id uuid NOT NULL REFERENCES specialization ON DELETE CASCADE,
	locale text NOT NULL CHECK (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$' AND locale <> 'en'),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
	PRIMARY KEY (specialization_id, locale)
);
COMMENT ON TABLE specialization_name IS 'Names of subjects in other languages than English';
COMMENT ON COLUMN specialization_name.specialization_id IS 'Which subject';
COMMENT ON COLUMN specialization_name.locale IS 'BCP 47 tag; of its region only when that says it differently';
COMMENT ON COLUMN specialization_name.name IS 'Name shown to who reads that language';

CREATE TABLE advisor (
	id uuid PRIMARY KEY REFERENCES user_account ON DELETE RESTRICT,
	state text NOT NULL DEFAULT 'DRAFT'
		CHECK (state IN ('DRAFT', 'PENDING', 'APPROVED', 'REJECTED', 'SUSPENDED')),
	state_reason text NOT NULL DEFAULT '' CHECK (length(state_reason) <= 500),
	headline text NOT NULL DEFAULT '' CHECK (length(headline) <= 120),
	bio text NOT NULL DEFAULT '' CHECK (length(bio) <= 4000),
	experience_years int NOT NULL DEFAULT 0 CHECK (experience_years BETWEEN 0 AND 80),
	languages text[] NOT NULL DEFAULT '{}' CHECK (cardinality(languages) <= 20),
	specializations text[] NOT NULL DEFAULT '{}' CHECK (cardinality(specializations) <= 20),
	rate_minor bigint NOT NULL DEFAULT 0 CHECK (rate_minor BETWEEN 0 AND 100000000),
	currency text NOT NULL DEFAULT 'INR' CHECK (currency ~ '^[A-Z]{3,4}$'),
	latitude double precision CHECK (latitude BETWEEN -90 AND 90),
	longitude double precision CHECK (longitude BETWEEN -180 AND 180),
	online boolean NOT NULL DEFAULT false,
	online_at timestamptz,
	rating_count bigint NOT NULL DEFAULT 0,
	rating_sum bigint NOT NULL DEFAULT 0,
	-- Bayesian mean with a prior of five ratings of 4.0: one five-star review does not lead the list.
	rating_score numeric(6,4) NOT NULL GENERATED ALWAYS AS
		(round((rating_sum + 20)::numeric / (rating_count + 5), 4)) STORED,
	session_count bigint NOT NULL DEFAULT 0,
	search tsvector NOT NULL DEFAULT '',
	version bigint NOT NULL DEFAULT 1,
	applied_at timestamptz,
	reviewed_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT app_now(),
	updated_at timestamptz NOT NULL DEFAULT app_now(),
	CONSTRAINT advisor_place_whole CHECK ((latitude IS NULL) = (longitude IS NULL)),
	CONSTRAINT advisor_online_approved CHECK (NOT online OR state = 'APPROVED')
);
COMMENT ON TABLE advisor IS 'The professional side of an account';
COMMENT ON COLUMN advisor.id IS 'Same id as the account';
COMMENT ON COLUMN advisor.state IS 'DRAFT, PENDING review, APPROVED, REJECTED, or SUSPENDED after it was approved';
COMMENT ON COLUMN advisor.state_reason IS 'What the reviewer wrote when refusing, revoking or suspending';
COMMENT ON COLUMN advisor.headline IS 'One line under the name';
COMMENT ON COLUMN advisor.bio IS 'About the advisor';
COMMENT ON COLUMN advisor.experience_years IS 'Whole years';
COMMENT ON COLUMN advisor.languages IS 'BCP 47 tags of languages spoken';
COMMENT ON COLUMN advisor.specializations IS 'Slugs of table specialization';
COMMENT ON COLUMN advisor.rate_minor IS 'Price of one minute in minor units; 0 is free';
COMMENT ON COLUMN advisor.currency IS 'ISO 4217, or COIN';
COMMENT ON COLUMN advisor.latitude IS 'Degrees north; null when no place was given';
COMMENT ON COLUMN advisor.longitude IS 'Degrees east';
COMMENT ON COLUMN advisor.online IS 'Takes requests now; BUSY is derived from live sessions';
COMMENT ON COLUMN advisor.online_at IS 'When online was last set';
COMMENT ON COLUMN advisor.rating_count IS 'Ratings received, kept by trigger';
COMMENT ON COLUMN advisor.rating_sum IS 'Sum of their stars, kept by trigger';
COMMENT ON COLUMN advisor.rating_score IS 'Bayesian mean, the order of top_rated';
COMMENT ON COLUMN advisor.session_count IS 'Sessions ended after they were ongoing';
COMMENT ON COLUMN advisor.search IS 'Words of name, headline, bio and subjects, kept by trigger';
COMMENT ON COLUMN advisor.version IS 'Grows with each edit; the ETag of the own profile';
COMMENT ON COLUMN advisor.applied_at IS 'Last application';
COMMENT ON COLUMN advisor.reviewed_at IS 'Last decision of an admin';
COMMENT ON COLUMN advisor.created_at IS 'When the profile was made';
COMMENT ON COLUMN advisor.updated_at IS 'Last edit';
CREATE INDEX advisor_top ON advisor (rating_score DESC, id) WHERE state = 'APPROVED';
CREATE INDEX advisor_price ON advisor (rate_minor, id) WHERE state = 'APPROVED';
CREATE INDEX advisor_experience ON advisor (experience_years DESC, id) WHERE state = 'APPROVED';
CREATE INDEX advisor_search ON advisor USING gin (search);
CREATE INDEX advisor_specializations ON advisor USING gin (specializations);
CREATE INDEX advisor_languages ON advisor USING gin (languages);
CREATE INDEX advisor_place ON advisor (latitude, longitude) WHERE latitude IS NOT NULL;
CREATE INDEX advisor_pending ON advisor (applied_at, id) WHERE state = 'PENDING';
CREATE INDEX advisor_online ON advisor (id) WHERE online AND state = 'APPROVED';
-- The panel's list.
CREATE INDEX advisor_applied ON advisor (coalesce(applied_at, created_at), id);
CREATE INDEX advisor_state ON advisor (state, coalesce(applied_at, created_at), id);
CREATE INDEX advisor_rate_minor ON advisor (rate_minor, id);

CREATE TABLE advisor_rate (
	advisor_id uuid NOT NULL REFERENCES advisor ON DELETE RESTRICT,
	valid_from timestamptz NOT NULL DEFAULT app_clock(),
	rate_minor bigint NOT NULL CHECK (rate_minor >= 0),
	currency text NOT NULL,
	PRIMARY KEY (advisor_id, valid_from)
);
COMMENT ON TABLE advisor_rate IS 'Every price an advisor ever had';
COMMENT ON COLUMN advisor_rate.advisor_id IS 'Whose price';
COMMENT ON COLUMN advisor_rate.valid_from IS 'Since when; until the next row';
COMMENT ON COLUMN advisor_rate.rate_minor IS 'Price of one minute in minor units';
COMMENT ON COLUMN advisor_rate.currency IS 'ISO 4217, or COIN';
