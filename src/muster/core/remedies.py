"""What would calm a noisy alert: rules of evaluation, each with its reason in numbers (R43). Pure.

A remedy is suggested only where enough alerts speak for it: `ENOUGH` that were to page people, of which at
least `MOST` would have been spared rightly (half, where some must page before the others are known). What
people did something about is never counted as spared, and what most of them called useful is left alone.
"""

import hashlib
import json
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from muster.core.likeness import like
from muster.core.matchers import VALUE_LIMIT_CHARS, BadMatcher, Matcher, Op, matcher
from muster.core.noise import Feedback, Firing
from muster.core.rule_form import RuleKind
from muster.core.urgency import Urgency
from muster.core.wallclock import format_duration

ENOUGH: Final = 5
"""So many alerts that paged people are needed before anything is suggested."""
MARKED: Final = 3
"""So much feedback of one kind is needed where people's word is the reason."""
MOST: Final = 0.8
DROPPED_FOR: Final = timedelta(days=28)
"""What is dropped is looked at again after so long."""
TIMES: Final = 3
FLAPS: Final = 5
"""Twice come and gone, and come again."""

_MINUTE = timedelta(minutes=1)
_PAUSES = tuple(minutes * _MINUTE for minutes in (1, 2, 3, 5, 10, 15, 30))
_STRETCHES = tuple(minutes * _MINUTE for minutes in (5, 15, 30, 60))


class Remedy(StrEnum):
    """What may be done about noise."""

    PAUSE = "pause"
    DELAY = "delay"
    STEADY = "steady"
    GROUP = "group"
    CALM = "calm"
    EXPLAIN = "explain"
    DROP = "drop"
    REROUTE = "reroute"


KINDS: Final[Mapping[Remedy, RuleKind]] = {
    Remedy.PAUSE: RuleKind.WAIT,
    Remedy.DELAY: RuleKind.COUNT,
    Remedy.STEADY: RuleKind.FLAPPING,
    Remedy.GROUP: RuleKind.GROUPING,
    Remedy.CALM: RuleKind.EVENT,
    Remedy.EXPLAIN: RuleKind.INHIBITION,
    Remedy.DROP: RuleKind.EVENT,
    Remedy.REROUTE: RuleKind.EVENT,
}
"""The kind of rule that each remedy is."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Alerts of one service and sender that come from one alert rule, or whose texts read alike.

    `rule` is the name of the sender's alert rule, where it says one. `elsewhere`: the same sender's alerts of
    this name go to other services too, so that an event rule, which cannot tell them apart, would change
    those as well.
    """

    service: str
    integration: str
    summary: str
    firings: tuple[Firing, ...]
    rule: str = ""
    elsewhere: bool = False

    @property
    def title(self) -> str:
        """How people read it."""
        return self.rule or self.summary

    @property
    def newest(self) -> Firing:
        """Its last alert, by which it is named."""
        return max(self.firings, key=lambda one: one.alert)

    @property
    def paged(self) -> list[Firing]:
        """Its alerts that were to page people."""
        return [one for one in self.firings if one.group is not None]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule to be made. `hits` of `of` alerts (or words of people) speak for it; `facts` are for words."""

    remedy: Remedy
    matchers: tuple[Matcher, ...]
    fields: Mapping[str, Any]
    hits: int
    of: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    spares: int = 0
    lasts: timedelta | None = None

    @property
    def mark(self) -> str:
        """What tells this suggestion from one that would make another rule."""
        said = [self.kind, [str(one) for one in self.matchers], sorted(self.fields.items())]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    @property
    def kind(self) -> RuleKind:
        """The kind of rule that it makes."""
        return KINDS[self.remedy]


def matchers_of(pattern: Pattern, kind: RuleKind) -> tuple[Matcher, ...]:
    """What finds the alerts of a pattern. Event rules see the service before routing: they get none.

    Raises:
        BadMatcher: its name or texts cannot be written as a matcher.
    """
    found = [matcher("integration", Op.IS, pattern.integration)] if pattern.integration else []
    if kind is not RuleKind.EVENT:
        found.append(matcher("service", Op.IS, pattern.service))
    if pattern.rule:
        return (*found, matcher("alertname", Op.IS, pattern.rule))
    return (*found, matcher("summary", Op.LIKE, like(pattern.summary, VALUE_LIMIT_CHARS)))


def suggestions(pattern: Pattern, beside: Sequence[Pattern] = ()) -> list[Suggestion]:
    """What would calm a pattern, what spares most first; `beside` are the patterns that may explain it."""
    marks = Counter(said for one in pattern.firings for said, _ in one.said)
    found = [ask(pattern, marks) for ask in _ASKED]
    found.append(_explained(pattern, marks, beside))
    if 2 * marks[Feedback.USEFUL] > marks.total():
        found = [one for one in found if one is not None and one.remedy is Remedy.REROUTE]
    kept = [one for one in found if one is not None and not (pattern.elsewhere and _is_event(one))]
    return sorted(kept, key=lambda one: (-one.spares, list(Remedy).index(one.remedy)))


def _is_event(one: Suggestion) -> bool:
    return one.kind is RuleKind.EVENT


def _made(pattern: Pattern, remedy: Remedy, fields: Mapping[str, Any], **more: Any) -> Suggestion | None:
    try:
        return Suggestion(remedy, matchers_of(pattern, KINDS[remedy]), fields, **more)
    except BadMatcher:
        return None


def _interruptions(firings: Iterable[Firing]) -> int:
    return sum(len(one.interruptions) for one in firings)


def _are_most(hits: int, of: int, least: int = ENOUGH) -> bool:
    return of >= least and hits >= MOST * of


def _pause(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """The shortest wait within which most of what paged people was over without them."""
    paged = pattern.paged
    passed = [one for one in paged if one.by_itself and one.lasted is not None]
    for pause in _PAUSES:
        spared = [one for one in passed if one.lasted is not None and one.lasted < pause]
        if _are_most(len(spared), len(paged)):
            longest = max(one.lasted for one in spared if one.lasted is not None)
            return _made(
                pattern,
                Remedy.PAUSE,
                {"lasts": format_duration(pause)},
                hits=len(spared),
                of=len(paged),
                facts={"within_minutes": max(1, math.ceil(longest / _MINUTE))},
                spares=_interruptions(spared),
            )
    return None


def _delay(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """Wait for the third time, where all that needed people was sent as often, and most else was not."""
    paged = pattern.paged
    real = [one for one in paged if one.needed_people]
    spared = [one for one in paged if not one.needed_people and one.count < TIMES]
    if not _are_most(len(spared), len(paged)) or not real or any(one.count < TIMES for one in real):
        return None
    gap = sorted(_gap(one) for one in real)[len(real) // 2]
    within = next((one for one in _STRETCHES if one >= TIMES * gap), None)
    if within is None:
        return None
    return _made(
        pattern,
        Remedy.DELAY,
        {"times": TIMES, "within": format_duration(within)},
        hits=len(spared),
        of=len(paged),
        facts={"real": len(real)},
        spares=_interruptions(spared),
    )


def _gap(one: Firing) -> timedelta:
    """How long lies between two signals of an alert, on the whole."""
    return ((one.last_seen_at or one.opened_at) - one.opened_at) / max(1, one.count - 1)


def _steady(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """Hold what keeps coming and going, for the shortest time that spares half of it, and nothing real."""
    paged, times = pattern.paged, _comings_and_goings(pattern.firings)
    for within in _STRETCHES:
        held = [one for one in paged if _lately(times[one.key], one.opened_at, within) >= FLAPS]
        spared = [one for one in held if one.by_itself and one.lasted is not None and one.lasted < within]
        if any(one.needed_people for one in held):
            return None
        if len(spared) >= ENOUGH and 2 * len(spared) >= len(paged):
            return _made(
                pattern,
                Remedy.STEADY,
                {"changes": FLAPS, "within": format_duration(within)},
                hits=len(spared),
                of=len(paged),
                spares=_interruptions(spared),
            )
    return None


def _lately(times: Sequence[datetime], at: datetime, within: timedelta) -> int:
    """How many of these times lie within so long before, the instant itself included."""
    return bisect_right(times, at) - bisect_right(times, at - within)


def _comings_and_goings(firings: Iterable[Firing]) -> Mapping[str, Sequence[datetime]]:
    """When each thing came or went, in order."""
    found: dict[str, list[datetime]] = {}
    for one in firings:
        times = found.setdefault(one.key, [])
        times += [one.opened_at] if one.closed_at is None else [one.opened_at, one.closed_at]
    return {key: sorted(times) for key, times in found.items()}


@dataclass(slots=True)
class _Group:
    opened_at: datetime
    ended_at: datetime | None


def _group(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """Gather them within the shortest time that makes half as many groups of them, or fewer."""
    groups: dict[int, _Group] = {}
    for one in sorted(pattern.paged, key=lambda firing: firing.opened_at):
        assert one.group is not None
        same = groups.setdefault(one.group, _Group(one.opened_at, one.closed_at))
        same.ended_at = _later(same.ended_at, one.closed_at)
    count = len(groups)
    for within in _STRETCHES if count >= ENOUGH else ():
        then = _gathered(list(groups.values()), within)
        if 2 * then <= count:
            woken = _interruptions(pattern.paged)
            return _made(
                pattern,
                Remedy.GROUP,
                {"within": format_duration(within)}
                | ({"by": ["alertname"]} if pattern.rule else {"alike": True}),
                hits=count - then,
                of=count,
                facts={"then": then},
                spares=woken - math.ceil(woken * then / count),
            )
    return None


def _gathered(groups: Sequence[_Group], within: timedelta) -> int:
    """How many groups these would have been: one joins while the group is open, and not too long after it."""
    count, current = 0, None
    for one in groups:
        is_open = current is not None and (current.ended_at is None or one.opened_at < current.ended_at)
        if current is None or not is_open or one.opened_at >= current.opened_at + within:
            current = _Group(one.opened_at, one.ended_at)
            count += 1
        else:
            current.ended_at = _later(current.ended_at, one.ended_at)
    return count


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    return None if a is None or b is None else max(a, b)


def _calm(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """Lower the urgency of what wakes people who then do nothing about it."""
    urgent = [one for one in pattern.paged if one.urgent]
    idle = [one for one in urgent if not one.needed_people and (one.acknowledged or one.closed_at)]
    if not _are_most(len(idle), len(urgent)) or any(one.incident for one in urgent):
        return None
    nights = {(woken.person, woken.night) for one in idle for woken in one.interruptions if woken.night}
    fields = {"urgency": Urgency.LOW.value}
    facts = {"nights": len(nights)}
    spares = sum(woken.night is not None for one in idle for woken in one.interruptions)
    return _made(pattern, Remedy.CALM, fields, hits=len(idle), of=len(urgent), facts=facts, spares=spares)


def _drop(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """Drop for some weeks what people call noise, and what nobody ever needed."""
    hits = marks[Feedback.NOISE]
    if hits < MARKED or not _are_most(hits, marks.total(), MARKED):
        return None
    if any(one.needed_people for one in pattern.firings):
        return None
    spares = _interruptions(pattern.firings)
    return _made(
        pattern, Remedy.DROP, {"drop": True}, hits=hits, of=marks.total(), spares=spares, lasts=DROPPED_FOR
    )


def _reroute(pattern: Pattern, marks: Counter[Feedback]) -> Suggestion | None:
    """Send it where most of those who say that it came to the wrong place say that it belongs."""
    wrong = marks[Feedback.WRONG_TARGET]
    named = Counter(
        service
        for one in pattern.firings
        for said, service in one.said
        if service and service != pattern.service
    )
    if wrong < MARKED or not _are_most(wrong, marks.total(), MARKED) or not named:
        return None
    [(service, votes)] = named.most_common(1)
    if not _are_most(votes, named.total(), 1):
        return None
    facts = {"service": service, "named": votes}
    spares = _interruptions(pattern.firings)
    return _made(
        pattern,
        Remedy.REROUTE,
        {"service": service},
        hits=wrong,
        of=marks.total(),
        facts=facts,
        spares=spares,
    )


def _explained(pattern: Pattern, marks: Counter[Feedback], beside: Sequence[Pattern]) -> Suggestion | None:
    """Hold what people call a duplicate while the alert is open beside which it nearly always comes."""
    hits = marks[Feedback.DUPLICATE]
    if hits < MARKED or not _are_most(hits, marks.total(), MARKED):
        return None
    others = [one for one in beside if one is not pattern and one.service == pattern.service]
    counted = [(sum(_covers(other, one) for one in pattern.firings), other) for other in others]
    covered, other = max(counted, key=lambda pair: pair[0], default=(0, None))
    if other is None or not _are_most(covered, len(pattern.firings), MARKED):
        return None
    try:
        source = [str(one) for one in matchers_of(other, RuleKind.INHIBITION)]
    except BadMatcher:
        return None
    facts = {"covered": covered, "fired": len(pattern.firings), "other": other.title}
    spares = _interruptions(one for one in pattern.firings if _covers(other, one))
    return _made(
        pattern, Remedy.EXPLAIN, {"source": source}, hits=hits, of=marks.total(), facts=facts, spares=spares
    )


def _covers(other: Pattern, one: Firing) -> bool:
    """Whether an alert of the other pattern was open when this one opened."""
    return any(
        cause.opened_at <= one.opened_at and (cause.closed_at is None or cause.closed_at > one.opened_at)
        for cause in other.firings
    )


_ASKED: tuple[Callable[[Pattern, Counter[Feedback]], Suggestion | None], ...] = (
    _pause,
    _delay,
    _steady,
    _group,
    _calm,
    _drop,
    _reroute,
)
