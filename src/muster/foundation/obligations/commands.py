"""The only writers of obligations: armed, met, breached, reminded, superseded, waived (design section 8).

Permission is the caller's to ask, but for `waive_obligation`, which people do themselves.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.core import obligations as rules
from muster.core.change import Change
from muster.core.obligations import Kind, Owed, State, SupersededBy
from muster.core.permissions import EVERYONE, Actor, Right, require
from muster.core.refusal import Refused
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import OPEN
from muster.foundation.obligations.reasons import Owing
from muster.foundation.timeline.pen import command, lock_many, record_many


@dataclass(frozen=True, slots=True)
class OwedOn:
    """What something is owed on (`incident:42`), under which version of the Standard, perhaps by whom."""

    about: str
    incident: int | None = None
    version: int | None = None
    person: int | None = None
    audience_id: int = EVERYONE


@command
def arm_obligations(owed: Sequence[Owed], on: OwedOn, *, actor: Actor, at: datetime) -> Sequence[Obligation]:
    """Arm these; what is still armed under the same key gives way to the new one."""
    keys = {(one.kind.value, one.audience) for one in owed}
    armed = Obligation.objects.filter(about=on.about, state=State.ARMED)
    armed = armed.filter(person__isnull=True) if on.person is None else armed.filter(person_id=on.person)
    older = [row.pk for row in armed if (row.kind, row.audience) in keys]
    _move(older, lambda row: rules.supersede(row.state, SupersededBy.RENEWED), (State.ARMED,), actor, at)
    return record_many(
        [Obligation() for _ in owed],
        [_armed(one, on) for one in owed],
        actor=actor,
        at=at,
        incidents=[on.incident] * len(owed),
    )


def _armed(owed: Owed, on: OwedOn) -> Change:
    change = rules.arm(owed)
    columns = {
        **change.set,
        "about": on.about,
        "incident": on.incident,
        "person_id": on.person,
        "version_id": on.version,
        "audience_id": on.audience_id,
    }
    return Change(change.kind, columns, {**change.payload, "about": on.about, "person": on.person})


@command
def meet_obligations(
    about: str,
    kinds: Iterable[Kind],
    *,
    actor: Actor,
    at: datetime,
    audience: str | None = None,
    person: int | None = None,
) -> Sequence[Obligation]:
    """What was owed on `about` has been done at `at`: in time, or late. What is not owed is no fault."""
    ids = _open(about, kinds, audience, person)
    return _move(ids, lambda row: rules.meet(row.state, due_at=row.due_at, at=at), OPEN, actor, at)


@command
def supersede_obligations(
    about: str,
    kinds: Iterable[Kind],
    by: SupersededBy,
    *,
    actor: Actor,
    at: datetime,
    audience: str | None = None,
    person: int | None = None,
) -> Sequence[Obligation]:
    """These are not owed any longer."""
    ids = _open(about, kinds, audience, person)
    return _move(ids, lambda row: rules.supersede(row.state, by), OPEN, actor, at)


@command
def waive_obligation(obligation_id: int, *, actor: Actor, at: datetime, why: str) -> Obligation:
    """Excuse one obligation, with a reason: the commander of its incident, or a manager.

    Raises:
        Refused: not theirs to excuse, no reason, it is over, or there is none to see.
    """
    found = Obligation.objects.visible_to(actor).filter(pk=obligation_id).first()
    if found is None:
        raise Refused(Owing.NOT_FOUND)
    require(actor, Right.COMMAND_INCIDENT, incident=found.incident, incident_role="incident_commander")
    moved = _move([found.pk], lambda row: rules.waive(row.state, why=why), tuple(State), actor, at)
    return moved[0]


@command
def breach_obligations(ids: Sequence[int], *, actor: Actor, at: datetime) -> Sequence[Obligation]:
    """State which of these were not done in time; the due instant itself is in time."""

    def late(row: Obligation) -> Change | None:
        if row.due_at is None or row.due_at >= at:
            return None
        return rules.breach(row.state, due_at=row.due_at, at=at)

    return _move(ids, late, (State.ARMED,), actor, at)


@command
def remind_obligations(ids: Sequence[int], *, actor: Actor, at: datetime) -> Sequence[Obligation]:
    """Remind of what will be due; the next reminder stands, if any is left."""

    def reminded(row: Obligation) -> Change | None:
        if row.due_at is None or row.remind_at is None or row.remind_at > at:
            return None
        return rules.remind(armed_at=row.armed_at, due_at=row.due_at, at=at)

    return _move(ids, reminded, (State.ARMED,), actor, at)


def _open(about: str, kinds: Iterable[Kind], audience: str | None, person: int | None) -> list[int]:
    rows = Obligation.objects.filter(about=about, kind__in=[kind.value for kind in kinds], state__in=OPEN)
    if audience is not None:
        rows = rows.filter(audience=audience)
    if person is not None:
        rows = rows.filter(person_id=person)
    return list(rows.values_list("id", flat=True))


def _move(
    ids: Sequence[int],
    decide: Callable[[Obligation], Change | None],
    states: Iterable[str],
    actor: Actor,
    at: datetime,
) -> Sequence[Obligation]:
    """Lock, decide again what is still in these states, and record it."""
    wanted = frozenset(states)
    decided = [(row, decide(row)) for row in lock_many(Obligation, ids) if row.state in wanted]
    moved = [(row, change) for row, change in decided if change is not None]
    return record_many(
        [row for row, _ in moved],
        [_told(row, change) for row, change in moved],
        actor=actor,
        at=at,
        incidents=[row.incident for row, _ in moved],
    )


def _told(row: Obligation, change: Change) -> Change:
    """The event says of what it tells, so that it reads alone."""
    facts = {
        "kind": row.kind,
        "audience": row.audience,
        "about": row.about,
        "person": row.person_id,
        **change.payload,
    }
    return Change(change.kind, change.set, facts, change.text, change.reason)
