"""Somebody's quiet and working hours as plain data and back: `hours` of a person.

    {quiet: [{days: [mon, tue, wed, thu, fri], from: "22:00", to: "07:00"}, {days: [sat, sun]}],
     working: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}]}

Times are on the wall of the person's own zone. A window whose end is not after its start ends next day;
without `days` it is of every day, without times of the whole day.
"""

from datetime import time
from typing import Any, Final

from muster.core.calendar import WEEKDAYS, Calendar
from muster.core.hold import PersonHours
from muster.core.plain_form import Form, FormFault, FormReason
from muster.core.wallclock import parse_time_of_day

MOST_WINDOWS: Final = 14


def read_hours(data: object, timezone: str) -> PersonHours:
    """The hours that the data says, on the wall of this zone. Raises FormFault where it cannot hold."""
    form = Form(data, "", frozenset({"working", "quiet"}))
    return PersonHours(_windows(form, "working", timezone), _windows(form, "quiet", timezone))


def write_hours(hours: PersonHours) -> dict[str, Any]:
    """The data that `read_hours` reads back; what holds nothing back says nothing."""
    listed = {"working": hours.working, "quiet": hours.quiet}
    return {name: [_written(one) for one in windows] for name, windows in listed.items() if windows}


def _windows(form: Form, name: str, timezone: str) -> tuple[Calendar, ...]:
    items = list(form.items(name))
    if len(items) > MOST_WINDOWS:
        raise FormFault(form.at(name), FormReason.OUT_OF_RANGE, len(items))
    return tuple(_window(path, value, timezone) for path, value in items)


def _window(path: str, data: object, timezone: str) -> Calendar:
    form = Form(data, path, frozenset({"days", "from", "to"}))
    days = frozenset(_day(where, value) for where, value in form.items("days"))
    opens, closes = form.read("from", _wall, "00:00"), form.read("to", _wall, "24:00")
    return Calendar(timezone, days or frozenset(WEEKDAYS), opens, closes)


def _day(path: str, value: object) -> str:
    if value not in WEEKDAYS:
        raise FormFault(path, FormReason.NOT_READABLE, value)
    return str(value)


def _wall(value: object) -> time:
    found = parse_time_of_day(str(value))
    if found.tzinfo is not None:
        raise ValueError("on the wall of the person's zone, so without an offset")
    return found


def _written(window: Calendar) -> dict[str, Any]:
    whole_day = window.opens == window.closes == time(0)
    return {
        "days": [day for day in WEEKDAYS if day in window.days],
        "from": _time(window.opens),
        "to": "24:00" if whole_day else _time(window.closes),
    }


def _time(moment: time) -> str:
    return moment.isoformat("auto" if moment.second or moment.microsecond else "minutes")
