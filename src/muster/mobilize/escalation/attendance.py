"""Which alerts of a time were neither acknowledged nor escalated while it was due (R41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from muster.core.attendance import UNATTENDED, Attendance, Course, Share, attended, share
from muster.core.permissions import Actor
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import groups
from muster.foundation.standard.queries import in_force

LOOKED_AT = 5000
"""So many alerts of the time asked for are judged, the newest; a busier time is asked for in parts."""

# A sender's own acknowledgement is no person's: only what people did counts.
_COURSES = """
    SELECT g.id, first.started_at,
        (SELECT min(v.at) FROM timeline_event v
            WHERE v.subject = 'group:' || g.id AND v.actor LIKE 'person:%%' AND v.kind
                IN ('group.acknowledged', 'group.snoozed', 'group.resolved', 'group.reassigned')),
        (SELECT min(p.started_at) FROM paging_page p WHERE p.about = 'group:' || g.id
            AND (p.epoch, p.round, p.step) > (first.epoch, first.round, first.step)),
        e.held_until, coalesce(e.state = 'exhausted', false)
    FROM unnest(%s::bigint[]) AS g(id)
    LEFT JOIN LATERAL (SELECT p.started_at, p.epoch, p.round, p.step FROM paging_page p
                       WHERE p.about = 'group:' || g.id ORDER BY p.id LIMIT 1) first ON true
    LEFT JOIN LATERAL (SELECT x.held_until, x.state FROM escalation_escalation x
                       WHERE x.about = 'group:' || g.id ORDER BY x.id DESC LIMIT 1) e ON true
"""


@dataclass(frozen=True, slots=True)
class Attended:
    """An alert's group, and what became of it; by `due_at` somebody had to answer, or be asked next."""

    group: AlertGroup
    outcome: Attendance
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AttendanceReport:
    """The alerts of a time; `unattended` newest first. Not `whole` where there were more to judge."""

    since: datetime
    until: datetime
    within: timedelta
    wanted_percent: int
    share: Share
    unattended: tuple[Attended, ...]
    whole: bool


def attendance(actor: Actor, since: datetime, until: datetime, at: datetime) -> AttendanceReport:
    """What became of the alerts opened from `since` until `until` that this actor may see."""
    wanted = in_force().on_call
    rows = list(groups(actor).filter(opened_at__gte=since, opened_at__lt=until)[: LOOKED_AT + 1])
    judged = _judged(rows[:LOOKED_AT], wanted.secondary_after, at)
    return AttendanceReport(
        since,
        until,
        wanted.secondary_after,
        wanted.acknowledge_or_escalate_percent,
        share(one.outcome for one in judged),
        tuple(one for one in judged if one.outcome in UNATTENDED),
        len(rows) <= LOOKED_AT,
    )


def _judged(rows: Sequence[AlertGroup], within: timedelta, at: datetime) -> list[Attended]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_COURSES, [[row.pk for row in rows]])
        found = {pk: rest for pk, *rest in cursor.fetchall()}
    judged = []
    for row in rows:
        paged_at, acknowledged_at, escalated_at, held_until, at_end = found[row.pk]
        owed_from = paged_at or held_until or row.opened_at
        course = Course(owed_from, acknowledged_at, escalated_at, row.resolved_at, at_end)
        judged.append(Attended(row, attended(course, within, at), owed_from + within))
    return judged
