"""What an incident owes: armed from its Standard, met by what people do, dropped when it is over."""

from collections.abc import Iterable
from datetime import datetime

from muster.core import obligations as rules
from muster.core.obligations import WHILE_WORKING, Kind, SupersededBy
from muster.core.permissions import Actor
from muster.core.phases import Phase
from muster.core.roles import undelegated
from muster.evaluate.models import Incident
from muster.foundation.catalog.queries import business_hours
from muster.foundation.obligations.commands import (
    OwedOn,
    arm_obligations,
    meet_obligations,
    supersede_obligations,
)
from muster.foundation.obligations.queries import OPEN
from muster.foundation.obligations.queries import owed_on as owed_rows
from muster.foundation.timeline.pen import command, lock
from muster.mobilize.escalation.commands import Presence
from muster.mobilize.escalation.models import Responder
from muster.mobilize.paging.models import Call
from muster.respond.warroom.queries import assignments_of, scope_of, standard_of


def owed_on(row: Incident, person: int | None = None) -> OwedOn:
    """That something is owed on this incident, under its version of the Standard."""
    return OwedOn(scope_of(row.pk), row.pk, row.standard_id, person, row.audience_id)


@command
def arm_incident(incident_id: int, *, actor: Actor, at: datetime, since: datetime) -> None:
    """Arm what an incident owes from `since` on: its declaration, or that it was reopened. Once for each."""
    row = lock(Incident, incident_id)
    if not Phase(row.phase).is_open or owed_rows(scope_of(row.pk)).filter(armed_at=since).exists():
        return
    standard = standard_of(row)
    owed = rules.armed_at_declaration(
        standard,
        row.severity,
        at=since,
        calendar=business_hours(standard, since),
        commanded=row.commander_id is not None,
    )
    arm_obligations(owed, owed_on(row), actor=actor, at=at)
    _meet_what_is_done(row, actor, at)


@command
def rearm_incident(incident_id: int, *, actor: Actor, at: datetime, since: datetime) -> None:
    """Arm anew what depends on the severity; the old ones are superseded, the version stays (design 8)."""
    row = lock(Incident, incident_id)
    if not Phase(row.phase).is_open:
        return
    standard, about = standard_of(row), scope_of(row.pk)
    rows = owed_rows(about).filter(person__isnull=True)
    keys = [(Kind(one.kind), one.audience, one.state) for one in rows]
    answer = rules.rearmed(
        standard,
        row.severity,
        open_keys=[(kind, audience) for kind, audience, state in keys if state in OPEN],
        met_keys=[(kind, audience) for kind, audience, state in keys if state == rules.State.MET],
        at=since,
        calendar=business_hours(standard, since),
        commanded=row.commander_id is not None,
    )
    for kind, audience in dict.fromkeys(answer.superseded):
        supersede_obligations(about, [kind], SupersededBy.SEVERITY, actor=actor, at=at, audience=audience)
    arm_obligations(answer.armed, owed_on(row), actor=actor, at=at)
    _meet_what_is_done(row, actor, at)


@command
def settle_command(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody took command: a commander is found, the old one has handed over, the new one will."""
    row = lock(Incident, incident_id)
    since = row.commander_since
    if since is None or not Phase(row.phase).is_open:
        return
    about = scope_of(row.pk)
    if owed_rows(about, [Kind.HANDOVER_BY]).filter(armed_at=since).exists():
        return
    meet_obligations(about, [Kind.COMMANDER_BY, Kind.HANDOVER_BY], actor=actor, at=since)
    arm_obligations([rules.handover(standard_of(row), at=since)], owed_on(row), actor=actor, at=at)


@command
def settle_incident(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody came, or took a role: meet what is done by that."""
    _meet_what_is_done(lock(Incident, incident_id), actor, at)


@command
def arm_readiness(responder_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody was called: by when they must be able to work (R22)."""
    came = Responder.objects.get(pk=responder_id)
    row = lock(Incident, came.incident_id)
    if came.notified_at is None or came.state != Presence.NOTIFIED or not Phase(row.phase).is_open:
        return
    owed = rules.ready(standard_of(row), row.severity, is_major=row.major, notified_at=came.notified_at)
    if owed is not None:
        arm_obligations([owed], owed_on(row, came.person_id), actor=actor, at=at)


@command
def settle_responder(responder_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody answered, joined, is ready or left."""
    came = Responder.objects.get(pk=responder_id)
    row = lock(Incident, came.incident_id)
    about = scope_of(row.pk)
    if came.state == Presence.READY and came.ready_at is not None:
        meet_obligations(about, [Kind.READY_BY], actor=actor, at=came.ready_at, person=came.person_id)
    if came.state == Presence.LEFT:
        supersede_obligations(
            about, [Kind.READY_BY], SupersededBy.SET_ASIDE, actor=actor, at=at, person=came.person_id
        )
    _meet_what_is_done(row, actor, at)


@command
def end_owing(incident_id: int, by: SupersededBy, *, actor: Actor, at: datetime) -> None:
    """The incident is over: a fix is met by resolving; what belongs to the work is not owed any longer."""
    about = scope_of(incident_id)
    if by is SupersededBy.RESOLVED:
        meet_obligations(about, [Kind.FIX_BY], actor=actor, at=at)
    supersede_obligations(about, sorted(WHILE_WORKING), by, actor=actor, at=at)


@command
def settle_page_update(incident_id: int, *, actor: Actor, at: datetime, posted_at: datetime) -> None:
    """Customers were told on a status page: that is an external update too, where none was posted with it."""
    row = lock(Incident, incident_id)
    about = scope_of(row.pk)
    due = owed_rows(about, [Kind.UPDATE_BY]).filter(
        audience="external", state__in=OPEN, armed_at__lt=posted_at
    )
    if not due.exists():
        return
    meet_obligations(about, [Kind.UPDATE_BY], actor=actor, at=posted_at, audience="external")
    level = standard_of(row).severity(row.severity)
    owed = rules.next_update(level, "external", at=posted_at) if Phase(row.phase).is_open else None
    if owed is not None:
        arm_obligations([owed], owed_on(row), actor=actor, at=at)


def _meet_what_is_done(row: Incident, actor: Actor, at: datetime) -> None:
    """Facts that may be older than what is owed: reactions of different subjects come in any order."""
    about = scope_of(row.pk)
    if row.commander_id is not None and row.commander_since is not None:
        meet_obligations(about, [Kind.COMMANDER_BY], actor=actor, at=row.commander_since)
    came = list(Responder.objects.filter(incident_id=row.pk))
    answered = _earliest(one.acknowledged_at for one in came)
    there = _earliest(time for one in came for time in (one.acknowledged_at, one.joined_at, one.ready_at))
    if answered is None and not Call.objects.filter(incident_id=row.pk, state="triggered").exists():
        answered = there
    if there is not None:
        meet_obligations(about, [Kind.RESPOND_BY], actor=actor, at=there)
    if answered is not None:
        meet_obligations(about, [Kind.ACKNOWLEDGE_BY], actor=actor, at=answered)
    if not undelegated(standard_of(row), assignments_of(row)):
        meet_obligations(about, [Kind.ROLES_BY], actor=actor, at=at)


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)
