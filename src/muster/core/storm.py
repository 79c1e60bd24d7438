"""A storm: many alerts in little time. Where it began, its lanes by service, its groups, what was held back.

Pure arithmetic over what was seen: the reader brings at most so many alerts, and what comes out is small
whatever the storm, since the services beyond the first lanes are folded into one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

MANY: Final = 20
"""So many alerts within `WITHIN` are a storm."""
WITHIN: Final = timedelta(minutes=5)
LULL: Final = timedelta(minutes=15)
"""A storm is over when it was calm for so long."""
MOST_BARS: Final = 72
_STEPS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400)
)
_LEAD: Final = 8
"""One part of so many is drawn before the storm: what was changed just before belongs to it."""
_LEAST_LEAD: Final = timedelta(minutes=2)
_EPOCH: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


class LaneKind(StrEnum):
    """How a service stands in a storm."""

    NOW = "now"
    HAD = "had"
    HELD = "held"


class Seen(NamedTuple):
    """One alert of a storm. `held_by` names what holds it back, empty for nothing; `waits`: it needs
    somebody, and nobody has it; `group` is None for what never joined one."""

    id: int
    service: int
    at: datetime
    held_by: str = ""
    waits: bool = False
    group: int | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """What is drawn: from `start` to `end` in equal steps. `since` is the first alert that counts."""

    start: datetime
    end: datetime
    step: timedelta
    since: datetime

    @property
    def steps(self) -> int:
        """How many bars there may be."""
        return max(1, -((self.start - self.end) // self.step))

    def place(self, at: datetime) -> int:
        """In which step a moment falls, the last one at most."""
        return min(self.steps - 1, max(0, (at - self.start) // self.step))


@dataclass(frozen=True, slots=True)
class Run:
    """A storm found: its first alert and its last."""

    since: datetime
    last: datetime

    def goes_on(self, at: datetime) -> bool:
        """Whether it may still be coming down."""
        return at - self.last <= LULL


@dataclass(frozen=True, slots=True)
class Lane:
    """One service (None: all the others together): bars that paged, bars that were held back."""

    service: int | None
    services: int
    first_at: datetime
    alerts: int
    held: int
    waiting: int
    filled: tuple[int, ...]
    hollow: tuple[int, ...]

    @property
    def kind(self) -> LaneKind:
        """Red where somebody is needed, hollow where all of it was held back."""
        if self.waiting:
            return LaneKind.NOW
        return LaneKind.HELD if self.held == self.alerts else LaneKind.HAD


class GroupSeen(NamedTuple):
    """A group as the storm made it: since when, how many alerts, of which services."""

    id: int
    first_at: datetime
    alerts: int
    services: frozenset[int]
    waits: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Storm:
    """All that is said of a storm; `groups` first seen first, `held` by what holds, the most first. Of those
    that are `open`, `held_open` are held back and `unjudged` wait to join a group."""

    alerts: int = 0
    services: int = 0
    held: tuple[tuple[str, int, int], ...] = ()
    first: Seen | None = None
    lanes: tuple[Lane, ...] = ()
    rest: Lane | None = None
    groups: tuple[GroupSeen, ...] = ()
    open: int = 0
    held_open: int = 0
    unjudged: int = 0

    @property
    def waiting(self) -> int:
        """How many groups need somebody."""
        return sum(1 for one in self.groups if one.waits)

    @property
    def held_alerts(self) -> int:
        """How many alerts were held back."""
        return sum(count for _by, count, _example in self.held)

    def largest(self, most: int) -> list[GroupSeen]:
        """The largest groups that are open, the largest first; of two alike the earlier."""
        still = [one for one in self.groups if one.is_open]
        return sorted(still, key=lambda one: (-one.alerts, one.first_at, one.id))[:most]


def latest_storm(times: Iterable[datetime]) -> Run | None:
    """The latest storm among the moments at which alerts opened; None where there was none."""
    ordered = sorted(times)
    since = last = None
    for index in range(len(ordered) - MANY + 1):
        first, end = ordered[index], ordered[index + MANY - 1]
        if end - first > WITHIN:
            continue
        if last is None or first - last > LULL:
            since = first
        last = end
    return Run(since, last) if since is not None and last is not None else None


def window_of(run: Run, at: datetime) -> Window:
    """What to draw of a storm: a little before it, then until now or until it was over for a while."""
    end = min(at, run.last + LULL)
    end = max(end, run.last + timedelta(seconds=10))
    lead = max(_LEAST_LEAD, (end - run.since) / _LEAD)
    return _window(run.since - lead, end, run.since)


def window_until(at: datetime, length: timedelta) -> Window:
    """The time just past, whatever came in it."""
    return _window(at - length, at, at - length)


def _window(start: datetime, end: datetime, since: datetime) -> Window:
    step = next((one for one in _STEPS if (end - start) / one <= MOST_BARS - 1), _STEPS[-1])
    return Window(start - (start - _EPOCH) % step, end, step, since)


def storm_of(seen: Sequence[Seen], window: Window, *, most_lanes: int) -> Storm:
    """Draw together what was seen within the window."""
    inside = [one for one in seen if window.since <= one.at <= window.end]
    if not inside:
        return Storm()
    tallies: dict[int, _Tally] = {}
    for one in inside:
        tally = tallies.get(one.service)
        if tally is None:
            tally = tallies[one.service] = _Tally(one.at, window.steps)
        tally.add(one, window.place(one.at))
    lanes, rest = _chosen(tallies, window, most_lanes)
    return Storm(
        alerts=len(inside),
        services=len(tallies),
        held=_held(inside),
        first=min(inside, key=lambda one: (one.at, one.id)),
        lanes=lanes,
        rest=rest,
        groups=_groups(inside),
        open=sum(1 for one in inside if one.is_open),
        held_open=sum(1 for one in inside if one.is_open and one.held_by),
        unjudged=sum(1 for one in inside if one.waits and one.group is None),
    )


@dataclass(slots=True)
class _Tally:
    first_at: datetime
    steps: int
    services: int = 1
    alerts: int = 0
    held: int = 0
    waiting: int = 0
    filled: Counter[int] = field(default_factory=Counter)
    hollow: Counter[int] = field(default_factory=Counter)

    def add(self, one: Seen, place: int) -> None:
        self.first_at = min(self.first_at, one.at)
        self.alerts += 1
        self.held += bool(one.held_by)
        self.waiting += one.waits
        (self.hollow if one.held_by else self.filled)[place] += 1

    def join(self, other: "_Tally") -> None:
        self.first_at = min(self.first_at, other.first_at)
        self.services += other.services
        self.alerts += other.alerts
        self.held += other.held
        self.waiting += other.waiting
        self.filled += other.filled
        self.hollow += other.hollow

    def lane(self, service: int | None) -> Lane:
        filled = tuple(self.filled[n] for n in range(self.steps))
        hollow = tuple(self.hollow[n] for n in range(self.steps))
        return Lane(
            service, self.services, self.first_at, self.alerts, self.held, self.waiting, filled, hollow
        )


def _chosen(tallies: Mapping[int, _Tally], window: Window, most: int) -> tuple[tuple[Lane, ...], Lane | None]:
    """The lanes that are drawn: where it began, then those that need somebody, then the largest."""
    began = min(tallies, key=lambda pk: (tallies[pk].first_at, pk))
    ranked = sorted(tallies, key=lambda pk: (pk != began, not tallies[pk].waiting, -tallies[pk].alerts, pk))
    lanes = [tallies[pk].lane(pk) for pk in ranked[:most]]
    order = list(LaneKind)
    lanes.sort(key=lambda lane: (order.index(lane.kind), lane.first_at, lane.service or 0))
    folded = [tallies[pk] for pk in ranked[most:]]
    if not folded:
        return tuple(lanes), None
    rest = _Tally(folded[0].first_at, window.steps, services=0)
    for one in folded:
        rest.join(one)
    return tuple(lanes), rest.lane(None)


def _held(inside: Iterable[Seen]) -> tuple[tuple[str, int, int], ...]:
    """What holds alerts back, how many, and the first of them."""
    counts: Counter[str] = Counter()
    examples: dict[str, int] = {}
    for one in inside:
        if one.held_by:
            counts[one.held_by] += 1
            examples[one.held_by] = min(one.id, examples.get(one.held_by, one.id))
    return tuple((by, count, examples[by]) for by, count in counts.most_common())


@dataclass(slots=True)
class _Gathered:
    first_at: datetime
    services: frozenset[int]
    alerts: int = 0
    waits: bool = False
    is_open: bool = False


def _groups(inside: Iterable[Seen]) -> tuple[GroupSeen, ...]:
    """(Most groups are of one service, so those share their set.)"""
    gathered: dict[int, _Gathered] = {}
    alone: dict[int, frozenset[int]] = {}
    for one in inside:
        if one.group is None:
            continue
        own = alone.get(one.service)
        if own is None:
            own = alone[one.service] = frozenset({one.service})
        found = gathered.get(one.group)
        if found is None:
            found = gathered[one.group] = _Gathered(one.at, own)
        elif one.service not in found.services:
            found.services |= own
        found.first_at = min(found.first_at, one.at)
        found.alerts += 1
        found.waits |= one.waits
        found.is_open |= one.is_open
    seen = [
        GroupSeen(pk, one.first_at, one.alerts, one.services, one.waits, one.is_open)
        for pk, one in gathered.items()
    ]
    return tuple(sorted(seen, key=lambda one: (one.first_at, one.id)))


MOST_TICKS: Final = 6
_TICKS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240))


def ticks_of(window: Window) -> list[datetime]:
    """A few round moments within the window, to write below it."""
    length = window.end - window.start
    step = next((one for one in _TICKS if length / one <= MOST_TICKS), _TICKS[-1])
    first = window.start + (_EPOCH - window.start) % step
    return [first + n * step for n in range(int((window.end - first) / step) + 1) if first <= window.end]
