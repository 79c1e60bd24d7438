-- What the auditor asks. Each question is named after its check (core/watch.py) and answers with rows
-- (about, facts), at most %(most)s. It reads what is stored and calls nothing of the engine: what the engine
-- believes about itself is not evidence. `%(late)s` is how late a thing may be before it counts as missed.
--
-- Where something must follow from an event, the lane of its group says whether the engine claims to have seen
-- to it: a lane that has not come so far is late (reactions_behind), not wrong.

-- name: alert_undecided
SELECT 'alert:' || a.id, jsonb_build_object('opened_at', a.opened_at)
FROM detect_alert a
WHERE a.state = 'triggered' AND a.opened_at < now() - %(late)s
    AND NOT EXISTS (SELECT 1 FROM evaluate_decision d
                    WHERE d.alert_id = a.id AND (d.group_id IS NOT NULL OR d.outcome <> 'page'))
    AND EXISTS (SELECT 1 FROM timeline_event v JOIN timeline_link k ON k.event_id = v.id
                JOIN timeline_lane l ON l.lane = k.lane AND l."group" = 'evaluate'
                WHERE v.subject = 'alert:' || a.id AND v.kind = 'alert.opened' AND l.seq >= k.seq)
    AND NOT EXISTS (SELECT 1 FROM timeline_parked p WHERE p."group" = 'evaluate'
                    AND p.subject = 'alert:' || a.id AND p.due_at IS NOT NULL)
ORDER BY a.id LIMIT %(most)s

-- name: group_not_paged
-- (OFFSET 0: of thousands that are open, the rest is asked only about those that no ladder runs for.)
SELECT 'group:' || g.id, jsonb_build_object('epoch', g.epoch, 'ladder', g.ladder, 'ladder_state', g.ladder_state)
FROM (
    SELECT g.id, g.epoch, e.id AS ladder, e.state AS ladder_state
    FROM evaluate_alertgroup g
    LEFT JOIN LATERAL (SELECT x.id, x.state, x.epoch FROM escalation_escalation x
                       WHERE x.about = 'group:' || g.id ORDER BY x.id DESC LIMIT 1) e ON true
    WHERE g.state = 'triggered' AND g.opened_at < now() - %(late)s
        AND (e.id IS NULL OR e.epoch < g.epoch OR e.state = 'stopped')
    OFFSET 0
) g
WHERE EXISTS (SELECT 1 FROM evaluate_decision d JOIN detect_alert a ON a.id = d.alert_id
                WHERE d.group_id = g.id AND a.state = 'triggered' AND a.suppressed_by IS NULL)
    AND EXISTS (SELECT 1 FROM (
                    SELECT v.id, v.recorded_at FROM timeline_event v JOIN timeline_link k ON k.event_id = v.id
                    WHERE v.subject = 'group:' || g.id AND k.lane >= 0 ORDER BY v.id DESC LIMIT 1) v
                JOIN timeline_link k ON k.event_id = v.id
                JOIN timeline_lane l ON l.lane = k.lane AND l."group" = 'mobilize'
                WHERE l.seq >= k.seq AND v.recorded_at < now() - %(late)s)
    AND NOT EXISTS (SELECT 1 FROM timeline_parked p WHERE p."group" = 'mobilize'
                    AND p.subject = 'group:' || g.id AND p.due_at IS NOT NULL)
ORDER BY g.id LIMIT %(most)s

-- name: call_not_paged
SELECT 'call:' || c.id, jsonb_build_object('target', c.target)
FROM paging_call c
WHERE c.state = 'triggered' AND c.called_at < now() - %(late)s AND c.target NOT LIKE 'test:%%'
    AND NOT EXISTS (SELECT 1 FROM escalation_escalation e WHERE e.about = 'call:' || c.id)
ORDER BY c.id LIMIT %(most)s

-- name: step_without_time
SELECT 'escalation:' || id, jsonb_build_object('subject', about, 'epoch', epoch, 'round', round, 'step', step)
FROM escalation_escalation WHERE state = 'running' AND due_at IS NULL LIMIT %(most)s

-- name: message_forgotten
SELECT 'delivery:' || id, jsonb_build_object('lease_until', lease_until, 'fence', fence)
FROM paging_delivery
WHERE state = 'sending' AND (lease_until IS NULL OR lease_until < now() - %(late)s
                             OR lease_until > now() + %(longest_lease)s)
ORDER BY id LIMIT %(most)s

-- name: page_not_through
SELECT 'page:' || p.id, jsonb_build_object('subject', p.about, 'attempts', max(d.attempts), 'kind', min(d.kind))
FROM paging_delivery d JOIN paging_page p ON p.id = d.page_id
WHERE d.state IN ('queued', 'retrying') AND d.attempts >= 2 AND p.started_at < now() - %(not_through)s
    AND NOT EXISTS (SELECT 1 FROM paging_delivery o LEFT JOIN paging_delivery c ON c.id = o.folded_into_id
                    WHERE o.page_id = p.id
                        AND coalesce(c.state, o.state) IN ('accepted', 'delivered', 'acknowledged'))
    AND (EXISTS (SELECT 1 FROM evaluate_alertgroup g WHERE p.about = 'group:' || g.id
                    AND g.id = split_part(p.about, ':', 2)::bigint AND g.state = 'triggered')
        OR EXISTS (SELECT 1 FROM paging_call c WHERE p.about = 'call:' || c.id
                    AND c.id = split_part(p.about, ':', 2)::bigint AND c.state = 'triggered'
                    AND c.target NOT LIKE 'test:%%'))
GROUP BY p.id ORDER BY p.id LIMIT %(most)s

-- name: loop_stands
SELECT b.process || '/' || l.key, jsonb_build_object('seconds', l.value)
FROM timeline_beat b CROSS JOIN LATERAL jsonb_each(b.loops) l
WHERE b.kind = 'worker' AND b.at > now() - %(loop_stands)s AND b.at <= now()
    AND l.value::float > extract(epoch FROM %(loop_stands)s)
ORDER BY 1 LIMIT %(most)s

-- The next three ask what must have followed from events between two links of the chain, (%(seq)s, %(upto)s].

-- name: incident_not_called
SELECT e.subject, jsonb_build_object('event', e.id)
FROM timeline_link k JOIN timeline_event e ON e.id = k.event_id
JOIN timeline_lane l ON l.lane = k.lane AND l."group" = 'mobilize' AND l.seq >= k.seq
WHERE k.seq > %(seq)s AND k.seq <= %(upto)s AND e.kind = 'incident.declared'
    AND NOT EXISTS (SELECT 1 FROM paging_call c WHERE c.incident_id = e.incident)
    AND NOT EXISTS (SELECT 1 FROM escalation_responder r WHERE r.incident_id = e.incident)
    AND NOT EXISTS (SELECT 1 FROM timeline_parked p WHERE p."group" = 'mobilize' AND p.subject = e.subject
                    AND p.due_at IS NOT NULL)
ORDER BY k.seq LIMIT %(most)s

-- name: step_without_page
-- (OFFSET 0: looked up row by row. With young statistics, in a storm, PostgreSQL would join all with all.)
SELECT s.subject, jsonb_build_object('round', s.round, 'step', s.step, 'people', jsonb_agg(s.person))
FROM (
    SELECT e.subject, split_part(e.subject, ':', 2)::bigint AS escalation, (e.payload->>'round')::int AS round,
        (e.payload->>'step')::int AS step, p.person::bigint AS person
    FROM (SELECT event_id FROM timeline_link WHERE seq > %(seq)s AND seq <= %(upto)s OFFSET 0) k
    CROSS JOIN LATERAL (SELECT * FROM timeline_event WHERE id = k.event_id OFFSET 0) e
    CROSS JOIN LATERAL jsonb_array_elements_text(e.payload->'people') AS p(person)
    WHERE e.kind IN ('escalation.step_started', 'escalation.exhausted')
) s
WHERE NOT EXISTS (SELECT 1 FROM paging_page g WHERE g.escalation = s.escalation AND g.round = s.round
                  AND g.step = s.step AND g.person_id = s.person OFFSET 0)
    AND EXISTS (SELECT 1 FROM access_person w WHERE w.id = s.person AND w.retired_at IS NULL OFFSET 0)
    AND EXISTS (SELECT 1 FROM escalation_escalation x WHERE x.id = s.escalation AND x.state <> 'stopped' OFFSET 0)
GROUP BY s.subject, s.round, s.step ORDER BY 1 LIMIT %(most)s

-- name: page_without_message
SELECT e.subject, jsonb_build_object('event', e.id)
FROM timeline_link k JOIN timeline_event e ON e.id = k.event_id
JOIN paging_page p ON p.id = split_part(e.subject, ':', 2)::bigint
WHERE k.seq > %(seq)s AND k.seq <= %(upto)s AND e.kind = 'page.started'
    AND NOT EXISTS (SELECT 1 FROM paging_delivery d WHERE d.page_id = p.id)
ORDER BY k.seq LIMIT %(most)s

-- name: step_failed
SELECT 'escalation:' || x.id, jsonb_build_object('delivery', min(d.id), 'due_at', x.due_at)
FROM timeline_link k JOIN timeline_event e ON e.id = k.event_id
JOIN timeline_lane l ON l.lane = k.lane AND l."group" = 'mobilize' AND l.seq >= k.seq
JOIN paging_delivery d ON d.id = split_part(e.subject, ':', 2)::bigint
JOIN paging_page p ON p.id = d.page_id
JOIN escalation_escalation x ON x.id = p.escalation AND x.state = 'running' AND x.epoch = p.epoch
WHERE k.seq > %(seq)s AND k.seq <= %(upto)s AND e.kind = 'delivery.failed' AND x.due_at > now()
    AND NOT EXISTS (SELECT 1 FROM paging_page later WHERE later.escalation = x.id AND later.epoch = x.epoch
                    AND (later.round, later.step) > (p.round, p.step))
    AND NOT EXISTS (
        SELECT 1 FROM paging_page q JOIN paging_delivery o ON o.page_id = q.id
        LEFT JOIN paging_delivery c ON c.id = o.folded_into_id
        WHERE q.escalation = x.id AND q.epoch = p.epoch AND q.round = p.round AND q.step = p.step
            AND coalesce(c.state, o.state) <> 'failed')
    AND NOT EXISTS (SELECT 1 FROM timeline_parked k2 WHERE k2."group" = 'mobilize' AND k2.subject = e.subject
                    AND k2.due_at IS NOT NULL)
GROUP BY x.id, x.due_at ORDER BY x.id LIMIT %(most)s

-- The rest ask about queues. They answer (about, facts, mark, whether it is hopeless): what is late, and a mark
-- that moves on while the engine works through it. Late and not moving is wrong; late and moving is a burst,
-- unless it lasts.

-- name: step_overdue
SELECT 'ladders', jsonb_build_object('count', count(*), 'since', min(due_at)), min(due_at)::text,
    min(due_at) < now() - %(hopeless)s
FROM escalation_escalation WHERE state = 'running' AND due_at < now() - %(late)s HAVING count(*) > 0

-- name: message_overdue
SELECT 'messages:' || d.kind, jsonb_build_object('count', count(*), 'since', min(d.due_at)),
    CASE WHEN EXISTS (SELECT 1 FROM paging_delivery s WHERE s.kind = d.kind AND s.state = 'sending'
                      AND s.lease_until > now() + %(lease)s - %(late)s) THEN now()::text ELSE '' END,
    min(d.due_at) < now() - %(hopeless)s
FROM paging_delivery d
WHERE d.state IN ('queued', 'retrying') AND d.due_at < now() - %(late)s GROUP BY d.kind

-- name: wake_overdue
SELECT w.about, jsonb_build_object('since', w.since), w.since::text, w.since < now() - %(hopeless)s
FROM (
    SELECT 'snoozes' AS about, min(snoozed_until) AS since FROM evaluate_alertgroup
    WHERE snoozed_until < now() - %(late)s AND state = 'acknowledged'
    UNION ALL
    SELECT 'holds', min(d.again_at) FROM evaluate_decision d JOIN detect_alert a ON a.id = d.alert_id
    WHERE d.again_at < now() - %(late)s AND a.state <> 'resolved'
    UNION ALL
    SELECT 'acknowledgements', min(g.acknowledged_at + e.acknowledged_for)
    FROM escalation_escalation e JOIN evaluate_alertgroup g ON e.about = 'group:' || g.id
    WHERE e.acknowledged_for IS NOT NULL AND e.state <> 'running' AND g.state = 'acknowledged'
        AND g.snoozed_until IS NULL AND g.incident_id IS NULL
        AND g.acknowledged_at + e.acknowledged_for < now() - %(late)s
) w WHERE w.since IS NOT NULL

-- name: events_unsealed
SELECT 'sealer', jsonb_build_object('event', o.event_id, 'since', e.recorded_at), o.event_id::text,
    e.recorded_at < now() - %(hopeless)s
FROM (SELECT event_id FROM timeline_outbox ORDER BY event_id LIMIT 1) o
JOIN timeline_event e ON e.id = o.event_id WHERE e.recorded_at < now() - %(healthy)s

-- name: reactions_behind
-- (The event is asked for its kind, not the link: that is what the sealer made of it.)
SELECT 'lanes:' || w.g, jsonb_build_object('seq', min(n.seq), 'since', min(n.sealed_at)), min(n.seq)::text,
    min(n.sealed_at) < now() - %(hopeless)s
FROM (SELECT t.g, string_to_array(t.k, ',') AS kinds
      FROM unnest(%(groups)s::text[], %(kinds)s::text[]) AS t(g, k) OFFSET 0) w
JOIN timeline_lane l ON l."group" = w.g
CROSS JOIN LATERAL (
    SELECT k.seq, k.sealed_at FROM timeline_link k
    WHERE (k.lane, k.seq) > (l.lane, l.seq) AND k.lane <= l.lane
        AND (SELECT e.kind FROM timeline_event e WHERE e.id = k.event_id) = ANY(w.kinds)
    ORDER BY k.lane, k.seq LIMIT 1
) n
WHERE n.sealed_at < now() - %(late)s GROUP BY w.g

-- name: parked_overdue
SELECT 'parked', jsonb_build_object('count', count(*), 'since', min(due_at)), min(due_at)::text,
    min(due_at) < now() - %(hopeless)s
FROM timeline_parked WHERE due_at < now() - %(late)s HAVING count(*) > 0

-- name: head
SELECT max(seq) FROM timeline_link
