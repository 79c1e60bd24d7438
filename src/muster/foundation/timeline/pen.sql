-- The SQL of the pen stands here and nowhere else (design section 4).
-- {sequence}, {table}, {columns}, {assignments} and {taken} are identifiers made from the model, never from
-- input.

-- name: reserve
-- One number per event, none for rows, and the database's clock.
SELECT ARRAY(SELECT nextval('timeline_event_id_seq') FROM generate_series(1, %(count)s)), '{{}}'::bigint[], now()

-- name: reserve_rows
-- One number per event, one per new row, and the database's clock.
SELECT ARRAY(SELECT nextval('timeline_event_id_seq') FROM generate_series(1, %(count)s)),
    ARRAY(SELECT nextval('{sequence}') FROM generate_series(1, %(count)s)), now()

-- name: update
WITH events AS (
    INSERT INTO timeline_event
        (id, command, cause, kind, subject, incident, audience_id, actor, at, recorded_at, payload, digest)
    SELECT id, command, cause, kind, subject, incident, audience_id, actor, at, recorded_at, payload, digest
    FROM json_populate_recordset(NULL::timeline_event, %(events)s)
    RETURNING id
), texts AS (
    INSERT INTO timeline_eventtext (event_id, name, salt, body)
    SELECT event_id, name, salt, body FROM json_populate_recordset(NULL::timeline_eventtext, %(texts)s)
), unsealed AS (
    INSERT INTO timeline_outbox (event_id)
    SELECT id FROM events
)
UPDATE {table} AS kept SET {assignments}
FROM json_populate_recordset(NULL::{table}, %(rows)s) AS taken WHERE kept.id = taken.id

-- name: insert
WITH events AS (
    INSERT INTO timeline_event
        (id, command, cause, kind, subject, incident, audience_id, actor, at, recorded_at, payload, digest)
    SELECT id, command, cause, kind, subject, incident, audience_id, actor, at, recorded_at, payload, digest
    FROM json_populate_recordset(NULL::timeline_event, %(events)s)
    RETURNING id
), texts AS (
    INSERT INTO timeline_eventtext (event_id, name, salt, body)
    SELECT event_id, name, salt, body FROM json_populate_recordset(NULL::timeline_eventtext, %(texts)s)
), unsealed AS (
    INSERT INTO timeline_outbox (event_id)
    SELECT id FROM events
)
INSERT INTO {table} ({columns})
SELECT {taken} FROM json_populate_recordset(NULL::{table}, %(rows)s) AS taken

-- name: touch
UPDATE {table} AS kept SET {assignments}
FROM json_populate_recordset(NULL::{table}, %(rows)s) AS taken WHERE kept.id = taken.id
