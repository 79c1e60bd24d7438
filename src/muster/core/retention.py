"""For how long what senders said is kept, day by day (design sections 4, 5 and 8). Pure.

A day of signals is one part of their table, made before it begins and dropped whole when it is old. Days are
UTC's. A part is named after its day, or after the day before which it ends, for what came before there were
parts.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

KEPT_DAYS = 90
MADE_AHEAD_DAYS = 7
TABLE = "detect_signal"
_UNTIL = f"{TABLE}_until_"
_DAY = f"{TABLE}_"
_DIGITS = "%Y%m%d"


def day_of(at: datetime) -> date:
    """The day of an instant."""
    return at.astimezone(UTC).date()


def part_of(day: date) -> str:
    """The name of a day's part."""
    return f"{_DAY}{day:{_DIGITS}}"


def last_day(part: str) -> date | None:
    """The last day that a part holds; None for one that is not named after a day."""
    if part.startswith(_UNTIL):
        until = _read(part.removeprefix(_UNTIL))
        return until - timedelta(days=1) if until is not None else None
    return _read(part.removeprefix(_DAY)) if part.startswith(_DAY) else None


def _read(digits: str) -> date | None:
    if len(digits) != 8 or not digits.isdecimal() or not digits.isascii():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def missing(parts: Collection[str], at: datetime, *, ahead: int = MADE_AHEAD_DAYS) -> list[date]:
    """The days from today on that have no part yet, soonest first."""
    today = day_of(at)
    return [day for day in (today + timedelta(days=n) for n in range(ahead + 1)) if not is_held(parts, day)]


def is_held(parts: Collection[str], day: date) -> bool:
    """Whether one of the parts holds a day."""
    return part_of(day) in parts or any(
        part.startswith(_UNTIL) and (last_day(part) or date.min) >= day for part in parts
    )


def droppable(parts: Iterable[str], at: datetime, *, keep_days: int = KEPT_DAYS) -> list[str]:
    """The parts whose last day is more than `keep_days` ago, oldest first."""
    oldest = day_of(at) - timedelta(days=keep_days)
    ends = {part: last_day(part) for part in parts}
    old = {part: end for part, end in ends.items() if end is not None and end < oldest}
    return sorted(old, key=lambda part: old[part])
