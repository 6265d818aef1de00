-- What is typed into a search, in the form of what is searched (person_fold).

CREATE OR REPLACE FUNCTION search_fold(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
	$$ SELECT lower(public.unaccent('public.unaccent', said)) $$;
COMMENT ON FUNCTION search_fold(text) IS 'Text as searches compare it: lower case, no accents';

-- One or two letters have no trigram of their own: they are the beginning of a word, which has.
CREATE OR REPLACE FUNCTION search_pattern(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT CASE WHEN length(word) < 3 THEN '% ' ELSE '%' END ||
		regexp_replace(search_fold(word), '([\\%_])', '\\\1', 'g') || '%'
$$;
COMMENT ON FUNCTION search_pattern(text) IS 'The LIKE pattern that finds a word in folded text that begins with a blank';

-- So a condition has one parameter for all words, and those that are not there are none (USER_SEARCH).
CREATE OR REPLACE FUNCTION search_word(said text, number int) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
	SELECT search_fold(CASE WHEN number = 1 THEN coalesce(w[1], '') ELSE w[number] END)
	FROM (SELECT ARRAY(SELECT word FROM regexp_split_to_table(said, '[\s,]+') WITH ORDINALITY t(word, n)
		WHERE word ~ '[[:alnum:]]' ORDER BY n) AS w) words
$$;
COMMENT ON FUNCTION search_word(text, int) IS 'The word of that number, folded; null when there are not so many';

-- What has no letter and no digit has no trigram either, and would be looked for in everybody.
CREATE OR REPLACE FUNCTION search_said(said text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
	$$ SELECT said ~ '[[:alnum:]]' $$;
COMMENT ON FUNCTION search_said(text) IS 'Whether there is a word to look for';
