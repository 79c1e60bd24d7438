"""How a component did, day by day, as status pages show it (R45). Pure; days are UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from muster.core.status_page import ComponentState, worst

DAYS: Final = 90
_DAY = timedelta(days=1)
_COUNTS: Final = {ComponentState.PARTIAL: 0.3, ComponentState.MAJOR: 1.0}
"""How much of a stretch counts as downtime: Statuspage's weights."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day; `state` is the worst of it, None before the component was there."""

    day: date
    state: ComponentState | None


@dataclass(frozen=True, slots=True)
class Uptime:
    """The last ninety days, oldest first, and the share of them that it was up, in percent."""

    days: tuple[Day, ...]
    percent: float | None


Changes = Sequence[tuple[datetime, ComponentState]]
"""Every state from its instant on, oldest first; the first one is the component's beginning."""


def uptime(changes: Changes, *, at: datetime, days: int = DAYS) -> Uptime:
    """Return how a component did in the `days` that end with today."""
    today = at.astimezone(UTC).date()
    wanted = [today - _DAY * back for back in range(days - 1, -1, -1)]
    since = _midnight(wanted[0])
    stretches = [
        (max(start, since), end, state)
        for (start, state), end in zip(changes, [*(time for time, _ in changes[1:]), at], strict=True)
        if end > since
    ]
    shown = tuple(Day(day, _worst_of(day, stretches)) for day in wanted)
    total = sum(((end - start) for start, end, _ in stretches), timedelta())
    down = sum(((end - start) * _COUNTS.get(state, 0.0) for start, end, state in stretches), timedelta())
    return Uptime(shown, 100.0 * (1 - down / total) if total else None)


def _worst_of(
    day: date, stretches: Sequence[tuple[datetime, datetime, ComponentState]]
) -> ComponentState | None:
    begin, end = _midnight(day), _midnight(day + _DAY)
    states = [state for start, stop, state in stretches if start < end and stop > begin]
    return worst(states) if states else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
