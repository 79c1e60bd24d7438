-- What PostgreSQL itself refuses, whoever asks through the application's role (design section 4).

-- name: functions
CREATE OR REPLACE FUNCTION timeline_row_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('muster.repair', true) = 'on' AND current_user <> 'muster_app' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% %: rows with a state are kept for ever', TG_TABLE_NAME, OLD.id USING ERRCODE = 'MU001';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.last_event_id = OLD.last_event_id THEN
        RAISE EXCEPTION '% %: a state column changed without an event', TG_TABLE_NAME, NEW.id USING ERRCODE = 'MU001';
    END IF;
    PERFORM 1 FROM timeline_event
        WHERE id = NEW.last_event_id AND subject = TG_ARGV[0] || ':' || NEW.id AND recorded_at = now();
    IF NOT FOUND THEN
        RAISE EXCEPTION '% %: event % is not a new event of %:%', TG_TABLE_NAME, NEW.id, NEW.last_event_id,
            TG_ARGV[0], NEW.id USING ERRCODE = 'MU001';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION timeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, the timeline is append-only', TG_TABLE_NAME, TG_OP USING ERRCODE = 'MU001';
END $$;

-- name: append_only
CREATE OR REPLACE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION timeline_append_only();
CREATE OR REPLACE TRIGGER append_only_table BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION timeline_append_only();

-- name: row
DROP TRIGGER IF EXISTS row_guard ON {table};
CREATE CONSTRAINT TRIGGER row_guard AFTER INSERT OR DELETE OR UPDATE OF {state} ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION timeline_row_guard('{subject_kind}');

-- name: grants
GRANT USAGE ON SCHEMA public TO muster_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO muster_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO muster_app;
DO $$
DECLARE
    found regprocedure;
BEGIN
    -- What we let the application do as the owner of the tables, and nothing that somebody else left here.
    FOR found IN SELECT oid FROM pg_proc
        WHERE prosecdef AND pronamespace = 'public'::regnamespace AND proowner = current_user::regrole
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO muster_app', found);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE, TRUNCATE ON timeline_event, timeline_link, timeline_anchor FROM muster_app;
REVOKE UPDATE, TRUNCATE ON timeline_eventtext FROM muster_app;
REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM muster_app;

-- name: no_delete
REVOKE DELETE ON {table} FROM muster_app;
