"""How fast an organisation notices, answers, stops the harm and recovers: pure functions of instants (R58).

From where to where each mean counts is data (`metrics.definitions` of the Standard). Drills never count.
Every figure keeps the incidents that it rests on, so that each number can open them, and says which were left
out for want of an instant.

Which figure stands for many (`metrics.statistic`): the mean is what MTTx stands for and what a target is held
against; one terrible night moves it a lot. The median says what a usual incident is like and hides that
night; the ninetieth percentile shows little else. All three are computed, one is chosen.
"""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from muster.core.standard import Metric, Metrics, Point, Statistic

COUNT_BY_SEVERITY: Final = "count_by_severity"
COUNT_BY_SERVICE: Final = "count_by_service"


class Verdict(StrEnum):
    """How a figure stands against its target."""

    PASS = "pass"  # noqa: S105 - the word of the report
    FAIL = "fail"
    NO_TARGET = "no_target"
    NO_FIGURE = "no_figure"


class Omitted(StrEnum):
    """Why an incident does not count in a figure."""

    NO_START = "no_start"
    NO_STOP = "no_stop"
    STOP_BEFORE_START = "stop_before_start"
    LAST_OF_ITS_SERVICE = "last_of_its_service"


@dataclass(frozen=True, slots=True)
class IncidentTimes:
    """The instants of one incident that metrics count between; None where it never happened or is not known.

    `first_alert_at` and `first_page_at` are the earliest of each; `cause` is the one the postmortem names.
    """

    id: int
    severity: str
    services: tuple[str, ...] = ()
    is_drill: bool = False
    impact_started_at: datetime | None = None
    detected_at: datetime | None = None
    first_alert_at: datetime | None = None
    first_page_at: datetime | None = None
    acknowledged_at: datetime | None = None
    declared_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    cause: str = ""

    def at(self, point: Point) -> datetime | None:
        """Return the instant of a point; the first page or alert is the earlier of the two."""
        if point is Point.FIRST_PAGE_OR_ALERT:
            known = [time for time in (self.first_page_at, self.first_alert_at) if time is not None]
            return min(known, default=None)
        return {
            Point.IMPACT_START: self.impact_started_at,
            Point.DETECTED: self.detected_at,
            Point.ACKNOWLEDGED: self.acknowledged_at,
            Point.DECLARED: self.declared_at,
            Point.MITIGATED: self.mitigated_at,
            Point.RESOLVED: self.resolved_at,
        }.get(point)


@dataclass(frozen=True, slots=True)
class Span:
    """One measured stretch, and the incident that it opens."""

    incident: int
    length: timedelta


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: all three statistics, the chosen one, its target and verdict, and what it rests on."""

    name: str
    title: str
    chosen: timedelta | None
    mean: timedelta | None
    median: timedelta | None
    p90: timedelta | None
    target_below: timedelta | None
    verdict: Verdict
    spans: tuple[Span, ...]
    omitted: tuple[tuple[int, Omitted], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many incidents fall under a word, their share in whole percent, and which they are."""

    word: str
    count: int
    percent: int
    incidents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report of a period shows."""

    total: int
    figures: tuple[Figure, ...]
    by_severity: tuple[Count, ...]
    by_service: tuple[Count, ...]
    top_causes: tuple[Count, ...]


def report(rules: Metrics, incidents: Iterable[IncidentTimes]) -> Report:
    """Return the report of these incidents, drills left out, with the metrics that the Standard shows."""
    counted = real(incidents)
    names = [name for name in rules.shown if name in rules.definitions]
    services = [(service, item.id) for item in counted for service in item.services]
    causes = [(item.cause, item.id) for item in counted if item.cause]
    return Report(
        total=len(counted),
        figures=tuple(figure(name, rules, counted) for name in names),
        by_severity=_counts([(item.severity, item.id) for item in counted], len(counted), by_word=True),
        by_service=_counts(services, len(counted)),
        top_causes=_counts(causes, len(counted))[: rules.top_causes],
    )


def real(incidents: Iterable[IncidentTimes]) -> tuple[IncidentTimes, ...]:
    """Return the incidents that are no drill."""
    return tuple(item for item in incidents if not item.is_drill)


def figure(name: str, rules: Metrics, incidents: Iterable[IncidentTimes]) -> Figure:
    """Return one metric over these incidents, drills left out."""
    rule, counted = rules.definitions[name], real(incidents)
    if rule.stop is Point.NEXT_IMPACT_START_SAME_SERVICE:
        spans, omitted = _between_failures(rule, counted)
    else:
        spans, omitted = _spans(rule, counted)
    lengths = [span.length for span in spans]
    values = {kind: summary(lengths, kind) for kind in Statistic}
    chosen = values[rules.statistic]
    return Figure(
        name=name,
        title=rule.title,
        chosen=chosen,
        mean=values[Statistic.MEAN],
        median=values[Statistic.MEDIAN],
        p90=values[Statistic.P90],
        target_below=rule.target_below,
        verdict=verdict(chosen, rule.target_below),
        spans=tuple(spans),
        omitted=tuple(omitted),
    )


def summary(lengths: Sequence[timedelta], kind: Statistic) -> timedelta | None:
    """Return the figure that stands for many, to the microsecond; None for none.

    The ninetieth percentile is the nearest rank: the smallest length that nine in ten do not exceed.
    """
    if not lengths:
        return None
    if kind is Statistic.MEAN:
        return sum(lengths, timedelta()) / len(lengths)
    ordered = sorted(lengths)
    if kind is Statistic.MEDIAN:
        seconds = statistics.median(length / timedelta(microseconds=1) for length in ordered)
        return timedelta(microseconds=seconds)
    return ordered[math.ceil(len(ordered) * 9 / 10) - 1]


def verdict(value: timedelta | None, target_below: timedelta | None) -> Verdict:
    """Hold a figure against its target; "below" excludes the target itself (R58)."""
    if target_below is None:
        return Verdict.NO_TARGET
    if value is None:
        return Verdict.NO_FIGURE
    return Verdict.PASS if value < target_below else Verdict.FAIL


def elapsed(times: IncidentTimes, start: Point, stop: Point) -> timedelta | None:
    """Return the time between two points of an incident; None while one is missing or they are in reverse."""
    first, last = times.at(start), times.at(stop)
    return last - first if first is not None and last is not None and last >= first else None


def _spans(rule: Metric, incidents: Sequence[IncidentTimes]) -> tuple[list[Span], list[tuple[int, Omitted]]]:
    spans, omitted = [], []
    for item in incidents:
        length = elapsed(item, rule.start, rule.stop)
        if length is not None:
            spans.append(Span(item.id, length))
        else:
            omitted.append((item.id, _why(item, rule)))
    return spans, omitted


def _why(item: IncidentTimes, rule: Metric) -> Omitted:
    if item.at(rule.start) is None:
        return Omitted.NO_START
    return Omitted.NO_STOP if item.at(rule.stop) is None else Omitted.STOP_BEFORE_START


def _between_failures(
    rule: Metric, incidents: Sequence[IncidentTimes]
) -> tuple[list[Span], list[tuple[int, Omitted]]]:
    """From each failure of a service to its next one; an incident of two services counts in each."""
    by_service: dict[str, list[tuple[datetime, int]]] = {}
    omitted = []
    for item in incidents:
        start = item.at(rule.start)
        if start is None:
            omitted.append((item.id, Omitted.NO_START))
            continue
        for service in item.services:
            by_service.setdefault(service, []).append((start, item.id))
    spans: list[Span] = []
    for failures in by_service.values():
        failures.sort()
        spans += [Span(number, later - earlier) for (earlier, number), (later, _) in pairwise(failures)]
        omitted.append((failures[-1][1], Omitted.LAST_OF_ITS_SERVICE))
    return spans, omitted


def _counts(words: Iterable[tuple[str, int]], total: int, *, by_word: bool = False) -> tuple[Count, ...]:
    """Most frequent first, or in the order of the words; equal counts in the order of the words."""
    incidents: dict[str, list[int]] = {}
    for word, number in words:
        incidents.setdefault(word, []).append(number)
    tally = Counter({word: len(numbers) for word, numbers in incidents.items()})
    order = sorted(tally) if by_word else sorted(tally, key=lambda word: (-tally[word], word))
    return tuple(
        Count(word, tally[word], round(100 * tally[word] / total), tuple(incidents[word])) for word in order
    )
