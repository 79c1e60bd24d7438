"""Who is on call: a pure function of a schedule and an instant (design sections 7 and 13; R39, R42).

Everything that says who is on call asks here: the engine, the API, the screens, chat groups, calendar
feeds. There is one way to reckon it, `segments`; `on_call_at` is the segment that one instant lies in, so
the two cannot differ.

The semantics:

- Intervals are half-open: at the instant of a handoff the new person is on call, one microsecond before it
  the old.
- A later layer wins wherever it has somebody. Overrides come after the layers, in their order: each changes
  what the one before it left (`Effect`), so several people can be on call at once, or nobody.
- Nobody is on call before a layer's `start`, outside its `only`, or before a history's first version.
- The answer depends on the arguments alone: not on the host's zone, locale, clock or zone files.

Every function takes a `Schedule`: either one `ScheduleSpec` or a `History` of versions. Instants are aware
datetimes (a naive one raises TypeError); results are in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final, TypeAlias

from muster.core.rotation import Layer, PersonId, turns
from muster.core.wallclock import instant, within, zone

INSTANT: Final = timedelta(microseconds=1)
"""The smallest step of time that the product knows."""


class Effect(StrEnum):
    """What an override does to the people on call."""

    COVER = "cover"
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Override:
    """Changes who is on call in [from_, to); local times when naive, else instants.

    `cover`: the person alone is on call, whatever the layers say. `add`: the person too. `remove`: not the
    person. `replace`: the person in place of `replaces`, wherever they are on call, and nowhere else. One
    whose end is not after its start has no effect.
    """

    from_: datetime
    to: datetime
    person: PersonId
    effect: Effect = Effect.COVER
    replaces: PersonId | None = None

    def applied(self, people: tuple[PersonId, ...]) -> tuple[PersonId, ...]:
        """Who is on call after this override, each once."""
        if self.effect is Effect.COVER:
            return (self.person,)
        if self.effect is Effect.ADD:
            return tuple(dict.fromkeys((*people, self.person)))
        if self.effect is Effect.REMOVE:
            return tuple(one for one in people if one != self.person)
        return tuple(dict.fromkeys(self.person if one == self.replaces else one for one in people))


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """A schedule as it is configured: its zone's name, its layers from the lowest up, its overrides in order.

    An unknown zone raises `wallclock.UnknownZone` when it is first asked for.
    """

    timezone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A schedule's configuration and the instant from which it holds."""

    valid_from: datetime
    spec: ScheduleSpec


@dataclass(frozen=True, slots=True)
class History:
    """All versions of one schedule, oldest first; each holds until the next begins. Nobody before the first.

    Saving a schedule adds a version at that instant, so editing never rewrites who was on call in the past.
    Raises ValueError when the versions are not in order.
    """

    versions: tuple[Version, ...]

    def __post_init__(self) -> None:
        """Refuse versions out of order."""
        if any(later.valid_from < earlier.valid_from for earlier, later in pairwise(self.versions)):
            raise ValueError("versions of a schedule go from the oldest to the newest")


Schedule: TypeAlias = ScheduleSpec | History


class Why(StrEnum):
    """What put these people on call."""

    LAYER = "layer"
    OVERRIDE = "override"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Segment:
    """The longest stretch [start, end) with the same people for the same cause.

    `index` counts from 0 among the layers or overrides of the version that holds; None when nobody is on
    call.
    """

    start: datetime
    end: datetime
    people: tuple[PersonId, ...]
    why: Why
    index: int | None


@dataclass(frozen=True, slots=True)
class Shift:
    """The longest stretch [start, end) with the same people on call; a gap is a shift without people."""

    start: datetime
    end: datetime
    people: tuple[PersonId, ...]


def on_call_at(schedule: Schedule, at: datetime) -> tuple[PersonId, ...]:
    """Who is on call at this instant; empty when nobody is. Total: there is an answer for every instant."""
    return explain_at(schedule, at).people


def explain_at(schedule: Schedule, at: datetime) -> Segment:
    """Who is on call at this instant and by what; the segment returned is one microsecond long."""
    at = within(at)
    return segments(schedule, at, at + INSTANT)[0]


def shifts(schedule: Schedule, a: datetime, b: datetime) -> list[Shift]:
    """The shifts within [a, b), cut to it, covering it without overlap or hole; empty when a >= b.

    Cost grows with the number of turns in the span, so doors bound what they let people ask for.
    """
    result: list[Shift] = []
    for segment in segments(schedule, a, b):
        if result and result[-1].people == segment.people:
            result[-1] = Shift(result[-1].start, segment.end, segment.people)
        else:
            result.append(Shift(segment.start, segment.end, segment.people))
    return result


def gaps(schedule: Schedule, a: datetime, b: datetime) -> list[Shift]:
    """The stretches of [a, b) with nobody on call: exactly where an escalation would find nobody."""
    return [shift for shift in shifts(schedule, a, b) if not shift.people]


def halves(shift: Shift) -> tuple[Shift, Shift]:
    """A shift as two, for somebody who takes half of it; cut at the full hour (UTC) nearest its middle.

    One of less than two hours is cut at its middle.
    """
    middle = shift.start + (shift.end - shift.start) / 2
    hour = (middle + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
    if shift.end - shift.start >= timedelta(hours=2):
        middle = hour
    return replace(shift, end=middle), replace(shift, start=middle)


def segments(schedule: Schedule, a: datetime, b: datetime) -> list[Segment]:
    """[a, b) in order, with the cause of each stretch; a new version of the schedule begins a new segment."""
    a, b = within(a).astimezone(UTC), b.astimezone(UTC)
    if isinstance(schedule, ScheduleSpec):
        return _overlay(schedule, a, b)
    result: list[Segment] = []
    for start, end, spec in _reigns(schedule, a, b):
        result += _overlay(spec, start, end)
    return result


def _reigns(history: History, a: datetime, b: datetime) -> Iterator[tuple[datetime, datetime, ScheduleSpec]]:
    """Which specification holds from when to when within [a, b); an empty one before the first version."""
    starts = [min(max(version.valid_from.astimezone(UTC), a), b) for version in history.versions]
    specs = [version.spec for version in history.versions]
    for (start, end), spec in zip(pairwise([a, *starts, b]), [ScheduleSpec("UTC"), *specs], strict=True):
        if start < end:
            yield start, end, spec


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something that holds in [start, end). Its rank is its number among the layers, or the overrides."""

    start: datetime
    end: datetime
    rank: int
    person: PersonId


def _of_layers(spec: ScheduleSpec, a: datetime, b: datetime) -> list[_Piece]:
    """What each layer claims within [a, b), by its start."""
    pieces = [
        _Piece(turn.start, turn.end, rank, turn.person)
        for rank, layer in enumerate(spec.layers)
        for turn in turns(layer, zone(layer.timezone or spec.timezone), a, b)
    ]
    return sorted(pieces, key=lambda piece: piece.start)


def _of_overrides(spec: ScheduleSpec, a: datetime, b: datetime) -> list[_Piece]:
    """Where each override holds within [a, b), in the order in which they apply."""
    where, pieces = zone(spec.timezone), []
    for rank, override in enumerate(spec.overrides):
        start, end = max(instant(override.from_, where), a), min(instant(override.to, where), b)
        if start < end:
            pieces.append(_Piece(start, end, rank, override.person))
    return pieces


def _overlay(spec: ScheduleSpec, a: datetime, b: datetime) -> list[Segment]:
    """Sweep once over [a, b): between two neighbouring boundaries nothing changes."""
    if a >= b:
        return []
    pieces, overrides = _of_layers(spec, a, b), _of_overrides(spec, a, b)
    ends = {moment for piece in (*pieces, *overrides) for moment in (piece.start, piece.end)}
    holding: list[tuple[int, int]] = []  # (-rank, number of the piece), the winner first
    coming = 0
    result: list[Segment] = []
    for start, end in pairwise(sorted({a, b, *ends})):
        while coming < len(pieces) and pieces[coming].start <= start:
            heappush(holding, (-pieces[coming].rank, coming))
            coming += 1
        while holding and pieces[holding[0][1]].end <= start:
            heappop(holding)
        segment = _segment(pieces[holding[0][1]] if holding else None, start, end)
        for piece in overrides:
            if piece.start <= start < piece.end:
                segment = _overridden(segment, spec.overrides[piece.rank], piece.rank)
        _extend(result, segment)
    return result


def _segment(winner: _Piece | None, start: datetime, end: datetime) -> Segment:
    """The stretch of the layer that wins, if any."""
    if winner is None:
        return Segment(start, end, (), Why.NOBODY, None)
    return Segment(start, end, (winner.person,), Why.LAYER, winner.rank)


def _overridden(segment: Segment, override: Override, index: int) -> Segment:
    """The stretch after an override; one that changes nobody is not its cause, but who covers always is."""
    people = override.applied(segment.people)
    if people == segment.people and override.effect is not Effect.COVER:
        return segment
    if not people:
        return replace(segment, people=(), why=Why.NOBODY, index=None)
    return replace(segment, people=people, why=Why.OVERRIDE, index=index)


def _extend(result: list[Segment], segment: Segment) -> None:
    """Append, or lengthen the last segment when only the boundary between the two is new."""
    last = result[-1] if result else None
    if last and (last.people, last.why, last.index) == (segment.people, segment.why, segment.index):
        result[-1] = replace(last, end=segment.end)
    else:
        result.append(segment)
