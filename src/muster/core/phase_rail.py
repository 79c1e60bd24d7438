"""How far an incident is: one stop per phase, with when and how long (R1, design section 9). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from muster.core.phases import ORDER, Phase


class StopState(StrEnum):
    """Where a stop lies."""

    PAST = "past"
    CURRENT = "current"
    FUTURE = "future"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Stop:
    """One phase. `at` is when it was entered (last, for the current one), `spent` how long it took in all.

    `returned`: the incident came back to it.
    """

    phase: Phase
    state: StopState
    at: datetime | None = None
    spent: timedelta = timedelta(0)
    returned: bool = False


def rail(
    visits: Sequence[tuple[Phase, datetime]], skips: Iterable[Phase], *, at: datetime
) -> tuple[Stop, ...]:
    """Return the stops in order, from every entry into a phase (oldest first); `skips` are the Standard's.

    A phase that was passed over is skipped, also when nobody planned to.
    """
    skipped = frozenset(skips)
    now = visits[-1][0] if visits else None
    ahead = ORDER.index(now) if now in ORDER else len(ORDER)
    return tuple(_stop(phase, number, visits, skipped, ahead, at) for number, phase in enumerate(ORDER))


def _stop(
    phase: Phase,
    number: int,
    visits: Sequence[tuple[Phase, datetime]],
    skipped: frozenset[Phase],
    ahead: int,
    at: datetime,
) -> Stop:
    ends = [*(time for _, time in visits[1:]), at]
    stays = [(start, end) for (name, start), end in zip(visits, ends, strict=False) if name is phase]
    spent = sum((end - start for start, end in stays), timedelta(0))
    if stays and visits[-1][0] is phase:
        return Stop(phase, StopState.CURRENT, stays[-1][0], spent, len(stays) > 1)
    if stays:
        return Stop(phase, StopState.PAST, stays[0][0], spent, len(stays) > 1)
    if phase in skipped or number < ahead:
        return Stop(phase, StopState.SKIPPED)
    return Stop(phase, StopState.FUTURE)
