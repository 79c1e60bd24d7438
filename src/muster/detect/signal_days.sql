-- The parts of detect_signal, made and dropped by the worker. It may not change the schema, so these run as the
-- owner of the tables. Nobody is kept waiting: whoever is in the way is let pass, and the worker comes again.

CREATE OR REPLACE FUNCTION detect_make_signal_day(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    part text := 'detect_signal_' || to_char(day, 'YYYYMMDD');
    first timestamptz := (to_char(day, 'YYYY-MM-DD') || ' 00:00+00')::timestamptz;
    until timestamptz := (to_char(day + 1, 'YYYY-MM-DD') || ' 00:00+00')::timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1936287598) OR to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.detect_signal INCLUDING DEFAULTS)', part);
    -- What came before the day had a part went to the default one: it moves, while nothing more comes.
    IF EXISTS (SELECT FROM public.detect_signal_default WHERE received_at >= first AND received_at < until) THEN
        LOCK TABLE public.detect_signal_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format(
            'WITH moved AS (DELETE FROM public.detect_signal_default WHERE received_at >= $1 AND received_at < $2
                            RETURNING *)
             INSERT INTO public.%I SELECT * FROM moved', part) USING first, until;
    END IF;
    -- ATTACH lets senders go on; CREATE TABLE ... PARTITION OF would not.
    EXECUTE format('ALTER TABLE public.detect_signal ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   part, first, until);
    RETURN true;
END $$;

-- Returns how many signals the part held, or nothing when there is no such part or another worker is at it.
CREATE OR REPLACE FUNCTION detect_drop_signal_part(part text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    held bigint;
BEGIN
    IF part !~ '^detect_signal_(until_)?[0-9]{8}$' OR NOT pg_try_advisory_xact_lock(1936287598) OR NOT EXISTS (
        SELECT FROM pg_inherits WHERE inhrelid = to_regclass('public.' || part)
            AND inhparent = 'public.detect_signal'::regclass)
    THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT count(*) FROM public.%I', part) INTO held;
    EXECUTE format('ALTER TABLE public.detect_signal DETACH PARTITION public.%I', part);
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN held;
END $$;

REVOKE ALL ON FUNCTION detect_make_signal_day(date), detect_drop_signal_part(text) FROM PUBLIC;

-- What an earlier version stored, all in the default part, becomes the part of the days until then, in place.
DO $$
DECLARE
    until date;
    part text;
BEGIN
    LOCK TABLE detect_signal IN ACCESS EXCLUSIVE MODE; -- so that no later day begins meanwhile
    SELECT max(received_at AT TIME ZONE 'UTC')::date + 1 INTO until FROM detect_signal_default;
    IF until IS NOT NULL THEN
        ALTER TABLE detect_signal DETACH PARTITION detect_signal_default;
        part := 'detect_signal_until_' || to_char(until, 'YYYYMMDD');
        EXECUTE format('ALTER TABLE detect_signal_default RENAME TO %I', part);
        EXECUTE format('ALTER TABLE detect_signal ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
            part, to_char(until, 'YYYY-MM-DD') || ' 00:00+00');
        CREATE TABLE detect_signal_default PARTITION OF detect_signal DEFAULT;
    END IF;
    FOR n IN 0..2 LOOP
        IF until IS NULL OR (now() AT TIME ZONE 'UTC')::date + n >= until THEN
            PERFORM detect_make_signal_day((now() AT TIME ZONE 'UTC')::date + n);
        END IF;
    END LOOP;
END $$;
