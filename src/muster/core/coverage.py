"""Where a rota has nobody although it means to have somebody (O9, R42; peers 9c).

A rota that keeps to some hours (`only`) leaves the others on purpose; that is said once. What lies within its
hours and has nobody is a hole: somebody forgot, left, or was taken off.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from muster.core.oncall import Schedule, ScheduleSpec, gaps
from muster.core.rotation import Layer, Span, windows
from muster.core.wallclock import zone

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A stretch of a rota. `holes` lie within its hours; `meant` is what it leaves on purpose."""

    start: datetime
    end: datetime
    holes: tuple[Span, ...]
    meant: tuple[Span, ...]

    @property
    def share(self) -> float:
        """How much of the stretch has nobody, from 0 to 1, whatever the reason."""
        nobody = sum(((end - start) for start, end in (*self.holes, *self.meant)), timedelta(0))
        return nobody / (self.end - self.start)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is on call in all of it."""
        return self.share >= 1


def coverage(schedule: Schedule, spec: ScheduleSpec, a: datetime, b: datetime) -> Coverage:
    """Who is missing in [a, b); `spec` says which hours the rota means to hold.

    A stretch with nobody at all is one hole, whatever the rota means.
    """
    nobody = [(gap.start, gap.end) for gap in gaps(schedule, a, b)]
    if nobody == [(a, b)]:
        return Coverage(a, b, ((a, b),), ())
    hours = hours_meant(spec, a, b)
    return Coverage(a, b, tuple(_both(nobody, hours)), tuple(_without(nobody, hours)))


def hours_meant(spec: ScheduleSpec, a: datetime, b: datetime) -> list[Span]:
    """The hours that the layers hold by their windows, whoever has them: spans in order, joined."""
    spans: list[Span] = []
    for layer in spec.layers:
        spans += _hours(layer, spec.timezone, a, b)
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _hours(layer: Layer, timezone: str, a: datetime, b: datetime) -> Iterable[Span]:
    return windows(layer.only, zone(layer.timezone or timezone), a, b) if layer.only else [(a, b)]


def _both(one: Sequence[Span], other: Sequence[Span]) -> Iterable[Span]:
    for start, end in one:
        for begins, ends in other:
            if max(start, begins) < min(end, ends):
                yield max(start, begins), min(end, ends)


def _without(one: Sequence[Span], other: Sequence[Span]) -> Iterable[Span]:
    for start, end in one:
        at = start
        for begins, ends in other:
            if ends <= at or begins >= end:
                continue
            if begins > at:
                yield at, begins
            at = max(at, ends)
        if at < end:
            yield at, end
