"""A schedule as plain data and back: what a ScheduleVersion's row keeps, in the form of design section 13.

    {timezone: Europe/Madrid,
     layers: [{every: 1 week, start: "2026-01-05T09:00", people: [1, 2],
               only: [{days: [mon, tue], from: "09:00", to: "17:00"}]}],
     overrides: [{from: "2026-02-01T09:00", to: "2026-02-02T09:00", person: 2}]}

A layer may have a `timezone` of its own. An override may say its `kind` (`cover` by default; `add`, `remove`,
`replace`) and, for `replace`, whom it `replaces`.

Times without an offset stay local, so the rows do not change when the zone data do. Persons are whatever
the data holds (ids in rows, handles in configuration); `person` may translate them.
"""

from collections.abc import Callable
from datetime import time
from typing import Any

from muster.core.oncall import Effect, Override, ScheduleSpec
from muster.core.plain_form import Form, FormFault, FormReason
from muster.core.rotation import EVERY_DAY, Day, Layer, PersonId, Window
from muster.core.wallclock import (
    format_every,
    format_moment,
    instant,
    parse_every,
    parse_moment,
    parse_time_of_day,
    zone,
)

Translate = Callable[[Any], PersonId]
"""Makes a person of the data one of the rules; raises LookupError when there is no such person."""


def read_schedule(data: object, *, person: Translate = lambda name: name) -> ScheduleSpec:
    """The schedule that the data says. Raises FormFault at the first place that cannot hold."""
    form = Form(data, "", frozenset({"timezone", "layers", "overrides"}))
    where = form.read("timezone", lambda name: zone(name).key)
    layers = tuple(_layer(path, value, person) for path, value in form.items("layers"))
    overrides = tuple(_override(path, value, person, where) for path, value in form.items("overrides"))
    return ScheduleSpec(where, layers, overrides)


def write_schedule(spec: ScheduleSpec) -> dict[str, Any]:
    """The data that `read_schedule` reads back to an equal schedule."""
    return {
        "timezone": spec.timezone,
        "layers": [
            {
                "every": format_every(layer.every),
                "start": format_moment(layer.start),
                "people": list(layer.people),
                "only": [_written(window) for window in layer.only],
            }
            | ({"timezone": layer.timezone} if layer.timezone else {})
            for layer in spec.layers
        ],
        "overrides": [
            {
                "from": format_moment(override.from_),
                "to": format_moment(override.to),
                "person": override.person,
            }
            | _written_effect(override)
            for override in spec.overrides
        ],
    }


def _layer(path: str, data: object, person: Translate) -> Layer:
    form = Form(data, path, frozenset({"every", "start", "people", "only", "timezone"}))
    people = tuple(_person(where, value, person) for where, value in form.items("people"))
    if not people:
        raise FormFault(form.at("people"), FormReason.EMPTY)
    only = tuple(_window(where, value) for where, value in form.items("only"))
    timezone = form.read("timezone", lambda name: zone(name).key if name else None, "")
    return Layer(form.read("every", parse_every), form.read("start", parse_moment), people, only, timezone)


def _person(path: str, value: object, person: Translate) -> PersonId:
    try:
        return person(value)
    except LookupError as error:
        raise FormFault(path, FormReason.UNKNOWN_PERSON, value) from error


def _window(path: str, data: object) -> Window:
    form = Form(data, path, frozenset({"days", "from", "to"}))
    days = frozenset(_day(where, value) for where, value in form.items("days"))
    start, end = form.read("from", parse_time_of_day, "00:00"), form.read("to", parse_time_of_day, "24:00")
    return Window(days or EVERY_DAY, start, end)


def _day(path: str, value: object) -> Day:
    try:
        return Day[str(value).upper()]
    except KeyError as error:
        raise FormFault(path, FormReason.NOT_READABLE, value) from error


def _override(path: str, data: object, person: Translate, timezone: str) -> Override:
    form = Form(data, path, frozenset({"from", "to", "person", "kind", "replaces"}))
    start, end = form.read("from", parse_moment), form.read("to", parse_moment)
    if instant(end, zone(timezone)) <= instant(start, zone(timezone)):
        raise FormFault(form.at("to"), FormReason.ENDS_BEFORE_IT_STARTS, format_moment(end))
    who = _person(form.at("person"), form.read("person", _anyone), person)
    effect = form.read("kind", Effect, Effect.COVER)
    if effect is not Effect.REPLACE:
        if form.read("replaces", _anyone, "") != "":
            raise FormFault(form.at("replaces"), FormReason.UNKNOWN_KEY)
        return Override(start, end, who, effect)
    return Override(
        start, end, who, effect, _person(form.at("replaces"), form.read("replaces", _anyone), person)
    )


def _anyone(value: Any) -> Any:
    return value


def _written_effect(override: Override) -> dict[str, Any]:
    """Nothing for the usual kind, so that what was written before there were others stays as it is."""
    if override.effect is Effect.COVER:
        return {}
    replaces = {"replaces": override.replaces} if override.effect is Effect.REPLACE else {}
    return {"kind": override.effect.value} | replaces


def _written(window: Window) -> dict[str, Any]:
    return {
        "days": [day.name.lower() for day in sorted(window.days)],
        "from": _time(window.from_),
        "to": "24:00" if window.to == time(0) and window.from_ == time(0) else _time(window.to),
    }


def _time(moment: time) -> str:
    return moment.isoformat("auto" if moment.second or moment.microsecond else "minutes")
