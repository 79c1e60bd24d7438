"""Steps that are due start: whom they find is paged in the same transaction, many escalations together."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from muster.core import escalation as rules
from muster.core.change import Change
from muster.core.escalation import FELL_THROUGH, Climb, Cursor, EscalationState, PlannedStep
from muster.core.intake import META_SCOPE
from muster.core.permissions import Actor
from muster.core.policy import Policy as Ladder
from muster.core.policy import Target
from muster.core.policy_form import by_id, read_policy
from muster.core.signals import SignalSeverity
from muster.core.urgency import Urgency
from muster.detect.commands import clear_meta_alerts, open_meta_alert
from muster.detect.models import Alert
from muster.detect.queries import findings_are_open
from muster.foundation.failpoints import fail_point, fail_point_after_commit
from muster.foundation.timeline.pen import caused_by, command, lock, lock_many, record, record_many
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.circumstances import answered_of, circumstances, openings_of
from muster.mobilize.escalation.commands.responders import notify_responders
from muster.mobilize.escalation.commands.turns import TurnsTaken
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import Errand, Telling, start_pages, start_posts

log = logging.getLogger(__name__)

POSTPONED_BY = timedelta(minutes=1)

# The newest SEV1 first, then what has waited longest; each part by its own stretch of the index, because when
# thousands are due at once, sorting them for every fifty costs more than climbing.
_DUE = """
    WITH sev1 AS MATERIALIZED (
        SELECT id FROM escalation_escalation WHERE state = 'running' AND sev1 AND due_at <= now()
        ORDER BY due_at DESC LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
    ), others AS MATERIALIZED (
        SELECT id FROM escalation_escalation WHERE state = 'running' AND NOT sev1 AND due_at <= now()
        ORDER BY due_at LIMIT %(limit)s - (SELECT count(*) FROM sev1) FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT id FROM sev1 UNION ALL SELECT id FROM others
"""


@command
def climb_due(limit: int, *, actor: Actor, at: datetime) -> int:
    """Climb up to `limit` escalations whose step is due; returns how many. One that fails delays no other."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        fail_point("E1")
        fail_point_after_commit("E4")
    if not ids or _climbed(ids, actor, at) is None:
        return len(ids)
    for escalation_id in ids:
        error = _climbed([escalation_id], actor, at)
        if error is not None:
            log.error("escalation %s cannot climb", escalation_id, exc_info=error)
            _postpone(escalation_id, error, actor, at)
    return len(ids)


def _climbed(ids: Sequence[int], actor: Actor, at: datetime) -> Exception | None:
    """Climb within a savepoint; what went wrong with it, None when nothing did."""
    try:
        with transaction.atomic():
            climb(lock_many(Escalation, ids), actor=actor, at=at)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - told and tried again, whatever it was (I14)
        return error
    return None


@command
def climb(
    escalations: Iterable[Escalation], *, actor: Actor, at: datetime, causes: Mapping[str, int] | None = None
) -> None:
    """Start the step that is due of each of these (locked) escalations, if one is, and page whom it finds.

    `causes` are the events that made us do it, by what the escalation is about.
    """
    due = [
        row
        for row in escalations
        if row.state == EscalationState.RUNNING and row.due_at is not None and row.due_at <= at
    ]
    ladders = {row.pk: read_policy(row.snapshot, target=by_id) for row in due}
    directory = queries.Directory(at)
    directory.load(target for row in due for target in _next_targets(ladders[row.pk], row))
    fail_point("E2")
    climbs = _climbs(due, ladders, directory, actor, at)
    record_many(
        due,
        [done.change for done in climbs],
        actor=actor,
        at=at,
        incidents=[row.incident_id for row in due],
        causes=[causes.get(row.about) for row in due] if causes else None,
    )
    fail_point("E3")
    errands = [
        _errand(row, done.started, (causes or {}).get(row.about))
        for row, done in zip(due, climbs, strict=True)
    ]
    start_pages(errands, directory.reach, actor=actor, at=at)
    start_posts(
        [one for row, done in zip(due, climbs, strict=True) for one in _tellings(row, done)],
        actor=actor,
        at=at,
    )
    for errand in errands:
        if errand.incident is not None and errand.about.startswith("call:"):
            notify_responders(errand.incident, errand.people, actor=actor, at=at)
    _tell_findings(due, climbs, causes or {}, actor, at)


def _climbs(
    due: Sequence[Escalation],
    ladders: Mapping[int, Ladder],
    directory: queries.Directory,
    actor: Actor,
    at: datetime,
) -> list[Climb]:
    """The next step of each ladder, one after the other: a turn that one takes is not the next one's."""
    openings = openings_of(due, ladders)
    answered = answered_of(due, ladders)
    order = TurnsTaken(due, ladders)
    climbs = []
    for row in due:
        urgency = Urgency(row.urgency)
        given = circumstances(
            directory,
            urgency,
            sev1=row.sev1,
            answered=answered.get(row.pk, frozenset()),
            turns=order.of(row),
        )
        climbed = rules.climb(
            ladders[row.pk],
            Cursor(row.round, row.step, row.due_at),  # type: ignore[arg-type]
            directory.people_of,
            directory.fallback,
            at=at,
            reachable=directory.can_reach(urgency),
            opening=openings[row.pk],
            given=given,
        )
        order.keep(row, climbed.turns)
        climbs.append(climbed)
    order.record(actor=actor, at=at)
    return climbs


def _next_targets(ladder: Ladder, row: Escalation) -> Iterable[Target]:
    return ladder.steps[row.step - 1].notify if row.step <= len(ladder.steps) else ()


def _errand(row: Escalation, started: PlannedStep, cause: int | None) -> Errand:
    return Errand(
        people=tuple(int(person) for person in started.people),
        about=row.about,
        urgency=Urgency(row.urgency),
        escalation=row.pk,
        epoch=row.epoch,
        round=started.round,
        step=started.step,
        sev1=row.sev1,
        why=row.why,
        incident=row.incident_id,
        cause=cause,
    )


def _tellings(row: Escalation, done: Climb) -> Iterable[Telling]:
    return [
        Telling(
            webhook=int(target.key),
            about=row.about,
            escalation=row.pk,
            epoch=row.epoch,
            round=step.round,
            step=step.step,
            urgency=Urgency(row.urgency),
            incident=row.incident_id,
        )
        for step, target in done.posts
    ]


def _tell_findings(
    rows: Sequence[Escalation],
    climbs: Sequence[Climb],
    causes: Mapping[str, int],
    actor: Actor,
    at: datetime,
) -> None:
    """Steps that found nobody, and the end of the ladder, are raised; but not about our own alerts (I26)."""
    if findings_are_open():
        gone = [
            (reason.value, _spelled(done.started))
            for done in climbs
            if done.started.people and done.started.targets
            for reason in FELL_THROUGH
        ]
        clear_meta_alerts(gone, actor=actor, at=at)
    for row, done in zip(rows, climbs, strict=True):
        if (done.exhausted or done.skipped) and not _is_meta(row):
            with caused_by(causes.get(row.about)):
                _raise_findings(row, done, actor, at)


def _raise_findings(row: Escalation, done: Climb, actor: Actor, at: datetime) -> None:
    if done.exhausted:
        summary = f"Nobody answered for {row.about}: the end of the ladder was reached"
        if not done.started.people:
            summary = f"Nobody can be paged for {row.about}: even the fallback is empty"
        open_meta_alert(
            "escalation_exhausted",
            row.about,
            actor=actor,
            at=at,
            summary=summary,
            severity=SignalSeverity.CRITICAL,
        )
    for step in done.skipped:
        targets = _spelled(step)
        open_meta_alert(
            step.reason.value,
            targets,
            actor=actor,
            at=at,
            summary=f"A step found nobody to page: {targets}",
            severity=SignalSeverity.WARNING,
        )


def _spelled(step: PlannedStep) -> str:
    return ", ".join(str(queries.target_by_id(target)) for target in step.targets)


def _is_meta(row: Escalation) -> bool:
    kind, _, number = row.about.partition(":")
    if kind != "group":
        return False
    members = Alert.objects.filter(decision__group=int(number))
    return not members.exclude(dedup_scope=META_SCOPE).exists()


def _postpone(escalation_id: int, error: Exception, actor: Actor, at: datetime) -> None:
    """A step that cannot be climbed is tried again in a minute, and somebody is told (I14)."""
    row = lock(Escalation, escalation_id)
    facts = {"error": type(error).__name__, "due_at": at + POSTPONED_BY}
    change = Change("escalation.postponed", {"due_at": at + POSTPONED_BY}, facts)
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    if not _is_meta(row):
        summary = f"An escalation step for {row.about} failed: {type(error).__name__}"
        open_meta_alert("escalation_failed", row.about, actor=actor, at=at, summary=summary)
