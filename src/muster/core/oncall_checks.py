"""What is good and what is wrong with a rota, said before it is saved and afterwards (R42, B9, B11, O9).

Every check answers with a verdict and the facts behind it; doors word them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.fairness import loads, overburdened
from muster.core.oncall import Schedule, ScheduleSpec, Shift, explain_at, gaps, shifts
from muster.core.rotation import PersonId, Span
from muster.core.wallclock import Every, Unit, offset_changes, zone

LEAST_PEOPLE: Final = 6
"""With fewer, everybody's turn comes round too soon (R42)."""

COVERED_AHEAD: Final = timedelta(days=7)

WEEK: Final = Every(1, Unit.WEEKS)


class Check(StrEnum):
    """What is looked at."""

    COVERED = "covered"
    ENOUGH_PEOPLE = "enough_people"
    WEEK_LONG = "week_long"
    SECONDARY = "secondary"
    SUN = "sun"
    FAIR = "fair"
    REACHABLE = "reachable"
    TWICE = "twice"
    PRESENT = "present"
    HOLIDAYS = "holidays"


class Verdict(StrEnum):
    """How it stands. `advised` is a best practice not followed, `missed` somebody may not be reached."""

    MET = "met"
    ADVISED = "advised"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer: when it is about a stretch, which; about people, who; about a number, which.

    `whole`: the stretch is all there is, the next week has nobody at all.
    """

    check: Check
    verdict: Verdict
    shift: Shift | None = None
    people: tuple[PersonId, ...] = ()
    count: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a rota.

    `secondaries`: the other schedules of its team. `zones`: each person's zone. `away`: when people are not
    there. `festive`: their public holidays, on which they may well be on call, but know it. `unreachable`:
    people whom no page would reach.
    """

    secondaries: tuple[Schedule, ...] = ()
    zones: Mapping[PersonId, str] = field(default_factory=dict)
    away: Mapping[PersonId, Sequence[Span]] = field(default_factory=dict)
    festive: Mapping[PersonId, Sequence[Span]] = field(default_factory=dict)
    unreachable: frozenset[PersonId] = frozenset()


def findings(
    spec: ScheduleSpec, a: datetime, b: datetime, around: Around, *, schedule: Schedule | None = None
) -> list[Finding]:
    """Every check of `spec` in [a, b); `schedule` gives the shifts when there is more to them (a history)."""
    rota = schedule or spec
    final = shifts(rota, a, b)
    on_call = tuple(dict.fromkeys(person for shift in final for person in shift.people))
    return [
        _covered(rota, a, b),
        _clash(Check.PRESENT, Verdict.MISSED, absences(final, around.away)),
        _clash(Check.HOLIDAYS, Verdict.ADVISED, absences(final, around.festive)),
        _reachable(on_call, around),
        _twice(final, around, a, b),
        _secondary(around),
        _enough(spec),
        _week_long(spec),
        _sun(spec, final, around),
        _fair(spec, final, around),
    ]


def _covered(rota: Schedule, a: datetime, b: datetime) -> Finding:
    missing = gaps(rota, a, b)
    if not missing:
        return Finding(Check.COVERED, Verdict.MET)
    return Finding(
        Check.COVERED, Verdict.MISSED, missing[0], count=len(missing), whole=is_whole_week(missing[0], a, b)
    )


def is_whole_week(gap: Shift, a: datetime, b: datetime) -> bool:
    """Whether this gap leaves nobody in all of the first week of [a, b): 100 % uncovered (peers 9c)."""
    return gap.start <= a and gap.end >= min(a + COVERED_AHEAD, b)


def _clash(check: Check, verdict: Verdict, clashes: Sequence[Shift]) -> Finding:
    if not clashes:
        return Finding(check, Verdict.MET)
    people = tuple(dict.fromkeys(person for clash in clashes for person in clash.people))
    return Finding(check, verdict, clashes[0], people, len(clashes))


def absences(final: Sequence[Shift], away: Mapping[PersonId, Sequence[Span]]) -> list[Shift]:
    """The parts of these shifts in which one who is on call is away: one person each, in order."""
    return [
        Shift(max(shift.start, start), min(shift.end, end), (person,))
        for shift in final
        for person in shift.people
        for start, end in away.get(person, ())
        if max(shift.start, start) < min(shift.end, end)
    ]


def _reachable(on_call: tuple[PersonId, ...], around: Around) -> Finding:
    silent = tuple(person for person in on_call if person in around.unreachable)
    return Finding(Check.REACHABLE, Verdict.MISSED if silent else Verdict.MET, people=silent)


def _twice(final: Sequence[Shift], around: Around, a: datetime, b: datetime) -> Finding:
    """Somebody who is primary and secondary at once is asked twice, and nobody after them."""
    for other in around.secondaries:
        for shift in shifts(other, a, b):
            for own in final:
                both = tuple(person for person in own.people if person in shift.people)
                start, end = max(own.start, shift.start), min(own.end, shift.end)
                if both and start < end:
                    return Finding(Check.TWICE, Verdict.ADVISED, Shift(start, end, both), both)
    return Finding(Check.TWICE, Verdict.MET)


def _secondary(around: Around) -> Finding:
    met = bool(around.secondaries)
    return Finding(
        Check.SECONDARY, Verdict.MET if met else Verdict.ADVISED, count=1 + len(around.secondaries)
    )


def _enough(spec: ScheduleSpec) -> Finding:
    people = {person for layer in spec.layers for person in layer.people}
    met = len(people) >= LEAST_PEOPLE
    return Finding(Check.ENOUGH_PEOPLE, Verdict.MET if met else Verdict.ADVISED, count=len(people))


def _week_long(spec: ScheduleSpec) -> Finding:
    """Turns of a week; where people share a day by hours, only the turn counts, not the shift."""
    others = [layer for layer in spec.layers if len(layer.people) > 1 and layer.every not in _WEEKS]
    return Finding(Check.WEEK_LONG, Verdict.ADVISED if others else Verdict.MET, count=len(others))


_WEEKS = frozenset({WEEK, Every(7, Unit.DAYS)})


def _sun(spec: ScheduleSpec, final: Sequence[Shift], around: Around) -> Finding:
    """Nobody has nights by their own clock: the rota follows the sun."""
    nights = sum(load.nights for load in loads(final, around.zones, spec.timezone))
    return Finding(Check.SUN, Verdict.ADVISED if nights else Verdict.MET, count=nights)


def _fair(spec: ScheduleSpec, final: Sequence[Shift], around: Around) -> Finding:
    heavy = tuple(load.person for load in overburdened(loads(final, around.zones, spec.timezone)))
    return Finding(Check.FAIR, Verdict.ADVISED if heavy else Verdict.MET, people=heavy)


@dataclass(frozen=True, slots=True)
class ClockNote:
    """A change of the clocks within a shift: "on 29 March this shift is one hour shorter".

    `longer` is how much longer (shorter: negative) the shift lasts than the clocks on the wall say. Where
    turns are counted in exact hours the shift keeps its length and `moves` is true: what comes after it hands
    over at another time on the wall.
    """

    at: datetime
    timezone: str
    longer: timedelta
    shift: Shift
    moves: bool


def clock_notes(schedule: Schedule, spec: ScheduleSpec, a: datetime, b: datetime) -> list[ClockNote]:
    """Every change of the clocks in [a, b) in the zones of `spec` that falls within somebody's shift."""
    zones = dict.fromkeys([spec.timezone, *(layer.timezone or spec.timezone for layer in spec.layers)])
    final = shifts(schedule, a, b)
    notes = []
    for name in zones:
        for at, forward in offset_changes(zone(name), a, b):
            shift = next((one for one in final if one.start < at < one.end and one.people), None)
            if shift is not None and _runs_by(spec, schedule, at, name):
                notes.append(ClockNote(at, name, -forward, shift, _is_exact(spec, schedule, at)))
    return sorted(notes, key=lambda note: note.at)


def _runs_by(spec: ScheduleSpec, schedule: Schedule, at: datetime, name: str) -> bool:
    index = explain_at(schedule, at).index
    layer = spec.layers[index] if index is not None and index < len(spec.layers) else None
    return (layer.timezone if layer else None) in (name, None)


def _is_exact(spec: ScheduleSpec, schedule: Schedule, at: datetime) -> bool:
    index = explain_at(schedule, at).index
    return index is not None and index < len(spec.layers) and spec.layers[index].every.unit is Unit.HOURS
