"""The schedule editor's form: what was typed as a schedule, and a schedule as fields; needs no script."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from muster.core.rotation import Day
from muster.core.wallclock import Unit, format_every, parse_every
from muster.foundation.access.models import Person

MOST_LAYERS = 12
_DAYS = [day.name.lower() for day in Day]

Dict = dict[str, Any]


@dataclass
class LayerFields:
    """One layer as it was typed. `turns` is each person's place in the rotation, empty for none."""

    count: str = "1"
    unit: str = "weeks"
    start: str = ""
    timezone: str = ""
    opens: str = ""
    closes: str = ""
    days: list[str] = field(default_factory=list)
    turns: dict[int, str] = field(default_factory=dict)


@dataclass
class ScheduleFields:
    """A schedule as it was typed."""

    name: str = ""
    team: str = ""
    timezone: str = ""
    secondary: bool = False
    layers: list[LayerFields] = field(default_factory=list)


def posted(data: Mapping[str, Any], many: Any) -> ScheduleFields:
    """What a form says; `many(name)` gives all values of a name."""
    count = min(
        int(data.get("layers", "0") or 0) if str(data.get("layers", "0")).isdecimal() else 0, MOST_LAYERS
    )
    layers = []
    for n in range(count):
        turns = {
            int(name.rpartition("-")[2]): str(data[name]).strip()
            for name in data
            if re.fullmatch(rf"l{n}-turn-\d{{1,18}}", name)
        }
        given = {
            key: str(data.get(f"l{n}-{key}", "")).strip()
            for key in ("count", "unit", "start", "timezone", "opens", "closes")
        }
        layers.append(
            LayerFields(**given, days=[day for day in many(f"l{n}-days") if day in _DAYS], turns=turns)
        )
    return ScheduleFields(
        name=str(data.get("name", "")).strip(),
        team=str(data.get("team", "")),
        timezone=str(data.get("timezone", "")).strip(),
        secondary=bool(data.get("secondary")),
        layers=layers,
    )


def spec_of(form: ScheduleFields, *, turned: int = 0) -> Dict:
    """The schedule that the fields say, persons as ids; `turned` moves everybody's turn so far forward.

    What cannot hold is left as it was typed: the command says where and why.
    """
    return {"timezone": form.timezone, "layers": [_spec(one, turned) for one in form.layers]}


def _spec(one: LayerFields, turned: int) -> Dict:
    placed = [(_place(turn), person) for person, turn in one.turns.items() if turn]
    people = [person for _place_, person in sorted(placed)]
    turned = turned % len(people) if people else 0
    layer: Dict = {
        "every": f"{one.count} {one.unit}",
        "start": one.start,
        "people": people[turned:] + people[:turned],
        "timezone": one.timezone or None,
    }
    if one.opens or one.closes or one.days:
        window = {"from": one.opens or "00:00", "to": one.closes or "24:00", "days": one.days}
        layer["only"] = [window]
    return layer


def _place(turn: str) -> int:
    return int(turn) if turn.isdecimal() and len(turn) < 6 else 100_000


def fields_of(spec: Mapping[str, Any]) -> list[LayerFields]:
    """The layers of a stored schedule as fields; of several windows the first (`is_simple` says so)."""
    shown = []
    for layer in spec["layers"]:
        every = parse_every(layer["every"])
        only = layer["only"][0] if layer["only"] else {}
        days = list(only.get("days", []))
        shown.append(
            LayerFields(
                count=str(every.count),
                unit=every.unit.value,
                start=layer["start"][:16],
                timezone=layer.get("timezone") or "",
                opens=only.get("from", ""),
                closes="" if only.get("to") == "24:00" else only.get("to", ""),
                days=[] if len(days) == len(_DAYS) else days,
                turns={person: str(n) for n, person in enumerate(layer["people"], 1)},
            )
        )
    return shown


def is_simple(spec: Mapping[str, Any]) -> bool:
    """Whether the form can say all of it: one window a layer, local starts to the minute."""
    return all(len(one["only"]) < 2 and len(one["start"]) == 16 for one in spec["layers"])


def by_pattern(pattern: str, people: list[Person], today: date, timezone: str) -> list[LayerFields]:
    """Where to begin: `weekly` and `daily` with everybody in turn, `sun` with a layer for each time zone."""
    monday = (today - timedelta(days=today.weekday())).isoformat()
    if pattern == "sun":
        zones = dict.fromkeys(one.timezone for one in people)
        return [
            LayerFields(
                start=f"{monday}T00:00",
                timezone=name,
                opens="08:00",
                closes="16:00",
                turns=_in_turn(one for one in people if one.timezone == name),
            )
            for name in zones
        ]
    unit = Unit.DAYS if pattern == "daily" else Unit.WEEKS
    return [LayerFields(unit=unit.value, start=f"{monday}T09:00", turns=_in_turn(people))]


def _in_turn(people: Iterable[Person]) -> dict[int, str]:
    return {one.pk: str(n) for n, one in enumerate(people, 1)}


def drawn(n: int, one: LayerFields, people: list[Person]) -> Dict:
    """A layer's fields as the template draws them."""
    words = {"hours": _("hours"), "days": _("days"), "weeks": _("weeks"), "months": _("months")}
    day_words = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    prefix = f"l{n}-"
    units = [{"value": unit, "word": word, "chosen": unit == one.unit} for unit, word in words.items()]
    return {
        "number": n + 1,
        "index": n,
        "count": {
            "name": f"{prefix}count",
            "label": _("Hand over every"),
            "kind": "number",
            "value": one.count,
        },
        "unit": {"name": f"{prefix}unit", "label": _("Unit"), "kind": "select", "options": units},
        "start": {
            "name": f"{prefix}start",
            "label": _("First hand-over"),
            "kind": "datetime-local",
            "value": one.start,
        },
        "timezone": {
            "name": f"{prefix}timezone",
            "label": _("Time zone, if not the schedule's"),
            "value": one.timezone,
            "placeholder": "Asia/Tokyo",
        },
        "opens": {"name": f"{prefix}opens", "label": _("Only from"), "kind": "time", "value": one.opens},
        "closes": {"name": f"{prefix}closes", "label": _("until"), "kind": "time", "value": one.closes},
        "days": [
            {"name": f"{prefix}days", "value": day, "word": word, "chosen": day in one.days}
            for day, word in zip(_DAYS, day_words, strict=True)
        ],
        "people": [
            {
                "name": f"{prefix}turn-{person.pk}",
                "word": person.name,
                "zone": person.timezone,
                "value": one.turns.get(person.pk, ""),
            }
            for person in sorted(people, key=lambda who: (_place(one.turns.get(who.pk, "")), who.name))
        ],
        "summary": _summary(one),
    }


def _summary(one: LayerFields) -> str:
    try:
        return _("every %(every)s") % {"every": format_every(parse_every(f"{one.count} {one.unit}"))}
    except ValueError:
        return ""
