"""Everything owed by when: what is armed, when it is due, and how it ends (design section 8; R14, R22, R53).

Due times come from the Standard and are copied when armed, so editing the Standard later moves nothing.
"Within" and "due" include the figure: doing it at the very instant is in time. A breach is a fact and stays
one; what was breached can still be met, late.

An obligation is `armed`, then `met`, `breached` (and perhaps met late), `superseded` or `waived`.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from muster.core.calendar import Calendar
from muster.core.change import Change
from muster.core.refusal import Refused
from muster.core.standard import MAJOR, Clock, PageHours, Severity, Standard


class Kind(StrEnum):
    """What is owed."""

    ACKNOWLEDGE_BY = "acknowledge_by"
    RESPOND_BY = "respond_by"
    COMMANDER_BY = "commander_by"
    ROLES_BY = "roles_by"
    READY_BY = "ready_by"
    UPDATE_BY = "update_by"
    STATUS_CHECK_BY = "status_check_by"
    HANDOVER_BY = "handover_by"
    FIX_BY = "fix_by"
    POSTMORTEM_DRAFT_BY = "postmortem_draft_by"
    POSTMORTEM_DONE_BY = "postmortem_done_by"
    POSTMORTEM_MEETING_BY = "postmortem_meeting_by"
    ACTION_ITEM_BY = "action_item_by"


BY_SEVERITY: Final = frozenset(
    {
        Kind.ACKNOWLEDGE_BY,
        Kind.RESPOND_BY,
        Kind.COMMANDER_BY,
        Kind.ROLES_BY,
        Kind.UPDATE_BY,
        Kind.STATUS_CHECK_BY,
        Kind.FIX_BY,
    }
)
"""What a change of severity arms anew. The others do not depend on it, or are armed after resolution."""

WHILE_WORKING: Final = BY_SEVERITY | {Kind.READY_BY, Kind.HANDOVER_BY}
"""What nobody owes any longer once the incident is resolved or set aside."""


class State(StrEnum):
    """Where an obligation stands."""

    ARMED = "armed"
    MET = "met"
    BREACHED = "breached"
    SUPERSEDED = "superseded"
    WAIVED = "waived"


class ObligationRefusal(StrEnum):
    """Why an obligation was not moved."""

    OVER = "over"
    NOT_DUE_YET = "not_due_yet"
    REASON_NEEDED = "reason_needed"


class MetHow(StrEnum):
    """Whether an obligation was met in time."""

    IN_TIME = "in_time"
    LATE = "late"


class SupersededBy(StrEnum):
    """What took an obligation's place."""

    SEVERITY = "severity"
    RESOLVED = "resolved"
    SET_ASIDE = "set_aside"
    REOPENED = "reopened"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing to arm. `audience` tells several of a kind apart: the stream of an update.

    `reminders` are the instants between arming and the due time at which its owner is reminded. Without a
    due time it is owed, but by no day.
    """

    kind: Kind
    armed_at: datetime
    due_at: datetime | None
    audience: str = ""
    reminders: tuple[datetime, ...] = ()

    @property
    def key(self) -> tuple[Kind, str]:
        """What may be owed once at a time per subject and person."""
        return self.kind, self.audience


# What is armed when


def armed_at_declaration(
    standard: Standard, severity: str, *, at: datetime, calendar: Calendar, commanded: bool
) -> tuple[Owed, ...]:
    """Return what an incident owes from the moment it is declared (R8 to R11, R14, R16, R35).

    `commanded` says that somebody is in command already, as under `commander.selection: declarer`; then no
    commander is owed, but a handover later. Streams of updates are due first after `first_update_within`.
    """
    level = standard.severity(severity)
    owed = list(_of_level(level, at, calendar))
    if level.needs_roles:
        owed.append(_owed(Kind.ROLES_BY, at, at + standard.declaration.first_response_within))
        owed.append(_owed(Kind.STATUS_CHECK_BY, at, at + standard.command.status_check_every))
        if not commanded:
            owed.append(_owed(Kind.COMMANDER_BY, at, at + standard.command.found_within))
    if commanded:
        owed.append(handover(standard, at=at))
    first = standard.declaration.first_update_within
    owed += [_owed(Kind.UPDATE_BY, at, at + first, stream) for stream in level.update_every]
    return tuple(owed)


def acknowledge(level: Severity, *, at: datetime, calendar: Calendar) -> Owed | None:
    """Return by when a page that left at `at` must be answered (R41); None where the level asks for none.

    Where pages leave in business hours only, the clock starts when they open.
    """
    if level.acknowledge_within is None:
        return None
    is_held = level.page_hours is PageHours.BUSINESS_HOURS
    start = (calendar.next_opening(at) if is_held else at) + level.page_after
    return _owed(Kind.ACKNOWLEDGE_BY, at, start + level.acknowledge_within)


def ready(standard: Standard, severity: str, *, is_major: bool, notified_at: datetime) -> Owed | None:
    """Return by when a person called at `notified_at` must be able to work (R22); None where nobody must."""
    names = {severity} | ({MAJOR} if is_major else set())
    if names.isdisjoint(standard.readiness.applies_to):
        return None
    return _owed(Kind.READY_BY, notified_at, notified_at + standard.readiness.within)


def handover(standard: Standard, *, at: datetime) -> Owed:
    """Return when whoever took command at `at` must hand over (R28). It comes again with every commander."""
    return _owed(Kind.HANDOVER_BY, at, at + standard.command.handover_after)


def status_check(standard: Standard, *, at: datetime) -> Owed:
    """Return when the commander's next status check is due, after one at `at` (R14)."""
    return _owed(Kind.STATUS_CHECK_BY, at, at + standard.command.status_check_every)


def next_update(
    level: Severity, stream: str, *, at: datetime, promised: datetime | None = None
) -> Owed | None:
    """Return when a stream's next update is due, after one at `at`; None where the level sets no timer.

    The time that the update promised holds when it is earlier than the computed one, never when it is later
    (R14). Where the level sets no timer, a promise is owed all the same.
    """
    every = level.update_every.get(stream)
    times = [at + every] if every is not None else []
    if promised is not None and promised > at:
        times.append(promised)
    return _owed(Kind.UPDATE_BY, at, min(times), stream) if times else None


def armed_at_resolution(standard: Standard, *, resolved_at: datetime, calendar: Calendar) -> tuple[Owed, ...]:
    """Return the three clocks of a postmortem that is required: draft, finished text, meeting (R53)."""
    rules = standard.postmortem
    days = rules.meeting_within_business_days
    meeting = calendar.plus_business_days(resolved_at, days)
    return (
        _owed(Kind.POSTMORTEM_DRAFT_BY, resolved_at, resolved_at + rules.draft_within),
        _owed(Kind.POSTMORTEM_DONE_BY, resolved_at, resolved_at + rules.done_within),
        _owed(Kind.POSTMORTEM_MEETING_BY, resolved_at, meeting),
    )


def action_item(
    standard: Standard, severity: str, *, created_at: datetime, due_at: datetime | None
) -> Owed | None:
    """Return by when an action item must be done: its own date, never later than its severity allows (R57).

    None where the severity allows any time and the item has no date of its own.
    """
    limit = action_item_limit(standard, severity, created_at=created_at)
    times = [time for time in (due_at, limit) if time is not None]
    return _owed(Kind.ACTION_ITEM_BY, created_at, max(min(times), created_at)) if times else None


def action_item_limit(standard: Standard, severity: str, *, created_at: datetime) -> datetime | None:
    """Return the latest time that an action item of this severity may be due, in elapsed sprints (R57)."""
    sprints = standard.severity(severity).action_items_within_sprints
    return None if sprints is None else created_at + sprints * standard.process.sprint


@dataclass(frozen=True, slots=True)
class Rearmed:
    """What a change of severity does: the keys that are superseded, and what is armed in their place."""

    superseded: tuple[tuple[Kind, str], ...]
    armed: tuple[Owed, ...]


def rearmed(
    standard: Standard,
    severity: str,
    *,
    open_keys: Iterable[tuple[Kind, str]],
    met_keys: Iterable[tuple[Kind, str]],
    at: datetime,
    calendar: Calendar,
    commanded: bool,
) -> Rearmed:
    """Return what follows from the new `severity`, counted from `at` (design section 8).

    `open_keys` are armed or breached and not met, `met_keys` were met under the old severity and are not
    asked for again; updates are, since each one is new, at the new level's own rhythm.
    """
    level, met_keys = standard.severity(severity), frozenset(met_keys)
    fresh = armed_at_declaration(standard, severity, at=at, calendar=calendar, commanded=commanded)
    met = {key for key in met_keys if key[0] not in (Kind.UPDATE_BY, Kind.STATUS_CHECK_BY)}
    armed = [owed for owed in fresh if owed.kind in BY_SEVERITY and owed.key not in met]
    armed = [_at_its_rhythm(level, owed, met_keys) for owed in armed]
    return Rearmed(tuple(key for key in open_keys if key[0] in BY_SEVERITY), tuple(armed))


# How an obligation moves


def arm(owed: Owed) -> Change:
    """Return the change that creates the row; the caller adds whom it is owed on and by."""
    columns = {
        "kind": owed.kind.value,
        "audience": owed.audience,
        "state": State.ARMED.value,
        "armed_at": owed.armed_at,
        "due_at": owed.due_at,
        "remind_at": owed.reminders[0] if owed.reminders else None,
    }
    facts = {"kind": owed.kind.value, "audience": owed.audience, "due_at": owed.due_at}
    return Change("obligation.armed", columns, facts)


def meet(state: str, *, due_at: datetime | None, at: datetime) -> Change:
    """Return the change when what is owed was done at `at`; late where that is after the due time."""
    _refuse_over(state, State.ARMED, State.BREACHED)
    how = MetHow.IN_TIME if due_at is None or at <= due_at else MetHow.LATE
    columns: dict[str, Any] = {"state": State.MET.value, "met_at": at, "remind_at": None}
    if how is MetHow.LATE and state == State.ARMED:
        columns["breached_at"] = due_at
    return Change("obligation.met", columns, {"due_at": due_at, "before": state}, reason=how)


def breach(state: str, *, due_at: datetime | None, at: datetime) -> Change:
    """Return the change when the due time has passed and nothing was done; the due instant is in time."""
    _refuse_over(state, State.ARMED)
    if due_at is None or at <= due_at:
        raise Refused(ObligationRefusal.NOT_DUE_YET, {"due_at": due_at})
    columns = {"state": State.BREACHED.value, "breached_at": due_at, "remind_at": None}
    return Change("obligation.breached", columns, {"due_at": due_at})


def supersede(state: str, by: SupersededBy) -> Change:
    """Return the change when something else took its place, or when it is not owed any longer."""
    _refuse_over(state, State.ARMED, State.BREACHED)
    columns = {"state": State.SUPERSEDED.value, "remind_at": None}
    return Change("obligation.superseded", columns, {"before": state}, reason=by)


def waive(state: str, *, why: str) -> Change:
    """Return the change when somebody excuses it, with a reason (B14: never silently)."""
    _refuse_over(state, State.ARMED, State.BREACHED)
    if not why.strip():
        raise Refused(ObligationRefusal.REASON_NEEDED)
    columns = {"state": State.WAIVED.value, "remind_at": None}
    return Change("obligation.waived", columns, {"before": state}, {"why": why.strip()})


def remind(*, armed_at: datetime, due_at: datetime, at: datetime) -> Change:
    """Return the change after a reminder went out at `at`: the next one, if any is left."""
    left = [time for time in reminders(armed_at, due_at) if time > at]
    return Change("obligation.reminded", {"remind_at": left[0] if left else None}, {"due_at": due_at})


def reminders(armed_at: datetime, due_at: datetime) -> tuple[datetime, ...]:
    """Return when to remind: once at two thirds of a short time, at half and nine tenths of a long one."""
    span = due_at - armed_at
    if span < timedelta(minutes=2):
        return ()
    return (armed_at + span * 2 / 3,) if span <= _SHORT else (armed_at + span / 2, armed_at + span * 0.9)


_SHORT = timedelta(hours=4)


def _of_level(level: Severity, at: datetime, calendar: Calendar) -> Iterator[Owed]:
    page = acknowledge(level, at=at, calendar=calendar) if level.page else None
    if page is not None:
        yield page
    if level.respond_within is not None:
        in_days = level.respond_clock is Clock.WORKING_DAYS_ONLY
        within = level.respond_within
        due = calendar.plus_on_business_days(at, within) if in_days else at + within
        yield _owed(Kind.RESPOND_BY, at, due)
    if level.fix_within_business_days is not None:
        due = calendar.plus_business_days(at, level.fix_within_business_days)
        first = level.fix_reminder_business_days
        when = () if first is None else (calendar.plus_business_days(at, first),)
        yield Owed(Kind.FIX_BY, at, due, reminders=when)


def _at_its_rhythm(level: Severity, owed: Owed, met_keys: Set[tuple[Kind, str]]) -> Owed:
    """A stream that has had its first update is next due at the level's rhythm."""
    if owed.kind is not Kind.UPDATE_BY or owed.key not in met_keys:
        return owed
    return _owed(owed.kind, owed.armed_at, owed.armed_at + level.update_every[owed.audience], owed.audience)


def _owed(kind: Kind, armed_at: datetime, due_at: datetime, audience: str = "") -> Owed:
    return Owed(kind, armed_at, due_at, audience, reminders(armed_at, due_at))


def _refuse_over(state: str, *open_states: State) -> None:
    if State(state) not in open_states:
        raise Refused(ObligationRefusal.OVER, {"state": state})
