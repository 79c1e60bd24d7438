-- A database as it is after years; see crowded.py. %(base)s is where the numbers of these rows begin, n goes from
-- 1 to %(rows)s, the oldest is 30 days old.

-- name: alert events
INSERT INTO timeline_event (id, command, kind, subject, actor, at, recorded_at, payload, digest)
SELECT %(base)s + n, gen_random_uuid(), 'alert.opened', 'alert:' || %(base)s + n, 'system:bench', t.at, t.at,
    '{}', ''
FROM generate_series(1, %(rows)s) n
CROSS JOIN LATERAL (SELECT now() - interval '30 days' * (%(rows)s - n) / %(rows)s - interval '2 minutes') AS t(at)

-- name: group events
INSERT INTO timeline_event (id, command, kind, subject, actor, at, recorded_at, payload, digest)
SELECT %(rows)s + %(base)s + n, gen_random_uuid(), 'group.opened', 'group:' || %(base)s + n, 'system:bench', t.at,
    t.at, '{}', ''
FROM generate_series(%(rows)s - %(open)s + 1, %(rows)s) n
CROSS JOIN LATERAL (SELECT now() - interval '30 days' * (%(rows)s - n) / %(rows)s - interval '2 minutes') AS t(at)

-- name: links
INSERT INTO timeline_link (seq, event_id, lane, prev_hash, hash, sealed_at)
SELECT (SELECT max(seq) FROM timeline_link) + row_number() OVER (ORDER BY id), id, mod(id, 16), '', '', recorded_at
FROM timeline_event WHERE id > %(base)s

-- name: lanes
UPDATE timeline_lane SET seq = (SELECT max(seq) FROM timeline_link)

-- name: alerts
INSERT INTO detect_alert (id, last_event_id, dedup_scope, dedup_key, service_id, state, severity, summary, source,
    component, labels, links, group_key, opened_at, resolved_by, count, unkept, last_seen_at)
SELECT %(base)s + n, %(base)s + n, 'service:1', 'k' || n, 1,
    CASE WHEN n > %(rows)s - %(open)s THEN 'triggered' ELSE 'resolved' END, 'critical', 'Checkout answers 5xx',
    'web-1', '', '{}', '[]', '', t.at, '', 1, 0, t.at
FROM generate_series(1, %(rows)s) n
CROSS JOIN LATERAL (SELECT now() - interval '30 days' * (%(rows)s - n) / %(rows)s - interval '2 minutes') AS t(at)

-- name: groups
INSERT INTO evaluate_alertgroup
    (id, last_event_id, key, service_id, policy, state, urgency, summary, epoch, opened_at)
SELECT %(base)s + n, %(rows)s + %(base)s + n, 'alert:' || %(base)s + n, 1, 'p',
    CASE WHEN n > %(rows)s - %(open)s THEN 'triggered' ELSE 'resolved' END, 'high', 'Checkout answers 5xx', 1,
    t.at
FROM generate_series(1, %(rows)s) n
CROSS JOIN LATERAL (SELECT now() - interval '30 days' * (%(rows)s - n) / %(rows)s - interval '2 minutes') AS t(at)

-- name: decisions
INSERT INTO evaluate_decision (id, last_event_id, alert_id, group_id, outcome, urgency, steps, decided_at)
SELECT %(base)s + n, %(base)s + n, %(base)s + n, %(base)s + n, 'page', 'high', '[]', now()
FROM generate_series(1, %(rows)s) n

-- name: escalations
INSERT INTO escalation_escalation (id, last_event_id, about, snapshot, urgency, sev1, why, state, epoch, round, step,
    due_at, started_at)
SELECT %(base)s + n, %(base)s + n, 'group:' || %(base)s + n, '{}', 'high', false, '',
    CASE WHEN n > %(rows)s - %(waiting)s THEN 'running' ELSE 'stopped' END, 1, 1, 2,
    CASE WHEN n > %(rows)s - %(waiting)s THEN now() + interval '1 hour' END, now()
FROM generate_series(1, %(rows)s) n

-- name: pages
INSERT INTO paging_page (id, last_event_id, person_id, about, escalation, epoch, round, step, urgency, sev1, why,
    reason, started_at)
SELECT %(base)s + n, %(base)s + n, 1, 'group:' || %(base)s + n, %(base)s + n, 1, 1, 1, 'high', false, '',
    'no_rules', now()
FROM generate_series(1, %(rows)s) n

-- name: messages
INSERT INTO paging_delivery (id, last_event_id, page_id, contact_id, kind, key, place, epoch, urgency, sev1, state,
    due_at, attempts, fence, reason, created_at)
SELECT %(base)s + n, %(base)s + n, %(base)s + n, 1, 'email', 'k' || n, 1, 1, 'high', false, 'accepted', now(), 1, 1,
    '', now()
FROM generate_series(1, %(rows)s) n

-- name: groups of an incident
UPDATE evaluate_alertgroup SET incident_id = %(incident)s WHERE id BETWEEN %(base)s AND %(base)s + %(alerts)s

-- name: entries
INSERT INTO timeline_event (id, command, kind, subject, incident, actor, at, recorded_at, payload, digest)
SELECT %(base)s * 2 + n, gen_random_uuid(), 'entry.said', 'entry:' || %(base)s + n, %(incident)s, 'system:crowd',
    t.at, t.at, '{"body": {"text": ""}, "pinned": false, "entry_kind": "note"}', ''
FROM generate_series(1, %(entries)s) n CROSS JOIN LATERAL (SELECT now() - interval '1 s' * (%(entries)s - n)) AS t(at)

-- name: words of entries
INSERT INTO timeline_eventtext (event_id, name, salt, body)
SELECT %(base)s * 2 + n, 'body', '', 'Restarted checkout-' || n || '; 38 %% of payments fail, the queue grows by the minute'
FROM generate_series(1, %(entries)s) n
