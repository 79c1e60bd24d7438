"""Working hours as they stand in the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from muster.core.wallclock import parse_time_of_day


class WeekDay(StrEnum):
    """A day of the week, as in the file."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True)
class HoursForm:
    """`{days: [mon, fri], from: "09:00", to: "17:00"}`."""

    days: tuple[WeekDay, ...]
    from_: time
    to: time


def stored(hours: HoursForm | None) -> dict[str, Any]:
    """As the rows keep it; empty for none."""
    if hours is None:
        return {}
    return {
        "days": [str(day) for day in hours.days],
        "from": hours.from_.isoformat("minutes"),
        "to": hours.to.isoformat("minutes"),
    }


def written(hours: Mapping[str, Any]) -> HoursForm | None:
    """As the file has it; None for none."""
    if not hours:
        return None
    days = tuple(WeekDay(day) for day in hours["days"])
    return HoursForm(days, parse_time_of_day(hours["from"]), parse_time_of_day(hours["to"]))
