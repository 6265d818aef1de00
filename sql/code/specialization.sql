-- Subjects whose slugs changed.

CREATE OR REPLACE FUNCTION specialization_now(asked text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT t.slug FROM specialization s JOIN specialization t ON t.id = s.merged_into
		WHERE s.slug = asked), asked)
$$;
COMMENT ON FUNCTION specialization_now(text) IS
	'The slug that profiles have for this one: another where it was merged, else itself';
