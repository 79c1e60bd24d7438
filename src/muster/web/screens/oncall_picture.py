"""A schedule as a picture and as data: layers, overrides, absences, and the final line that counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from muster.core.oncall import History, ScheduleSpec, Shift, Why, segments
from muster.core.oncall_checks import ClockNote, Finding, Verdict
from muster.core.permissions import Actor
from muster.core.rotation import Layer, PersonId, turns
from muster.core.wallclock import format_every, offset_changes, zone
from muster.foundation.access.models import Person
from muster.mobilize.oncall import words
from muster.mobilize.oncall.presence import away
from muster.web.screens.parts import person_of, span

Dict = dict[str, Any]
People = Mapping[int, Person]

_WORDS_FIT = timedelta(days=16)


def people_in(found: Iterable[Shift], spec: ScheduleSpec) -> People:
    """Everybody on call in these shifts or named in these layers."""
    wanted = {int(person) for shift in found for person in shift.people}
    wanted |= {int(person) for layer in spec.layers for person in layer.people}
    return Person.objects.in_bulk(wanted)


def together(ids: Iterable[PersonId], people: People, actor: Actor) -> Dict | None:
    """Those on call as one person to draw: the first, with everybody's names; None is nobody."""
    here = [people[int(one)] for one in ids if int(one) in people]
    if not here:
        return None
    shown = person_of(here[0], actor) or {}
    return shown | {"name": " + ".join(one.name for one in here)}


def final_lane(found: Iterable[Shift], people: People, actor: Actor) -> Dict:
    """Who is on call: the line that counts."""
    blocks = [_block(one.start, one.end, one.people, people, actor) for one in found]
    return {"name": _("On call"), "second": _("layers, then overrides"), "kind": "final", "blocks": blocks}


def lanes(
    history: History,
    found: Iterable[Shift],
    start: datetime,
    end: datetime,
    people: People,
    actor: Actor,
) -> list[Dict]:
    """Each layer of the version in force, then overrides, absences and the final line."""
    spec = history.versions[-1].spec
    shown = [
        _layer(number, one, spec, start, end, people, actor) for number, one in enumerate(spec.layers, 1)
    ]
    over = [one for one in segments(history, start, end) if one.why is Why.OVERRIDE]
    if over:
        blocks = [_block(one.start, one.end, one.people, people, actor) for one in over]
        shown.append({"name": _("Overrides"), "kind": "override", "blocks": blocks})
    absent = [
        {"from": one, "until": until, "word": people[int(person)].name.partition(" ")[0]}
        for person, spans in away(people, start, end).items()
        for one, until in spans
    ]
    if absent:
        shown.append(
            {"name": _("Away"), "second": _("leave and calendars"), "kind": "away", "blocks": absent}
        )
    return [*shown, final_lane(found, people, actor)]


def _layer(
    number: int,
    layer: Layer,
    spec: ScheduleSpec,
    start: datetime,
    end: datetime,
    people: People,
    actor: Actor,
) -> Dict:
    blocks = [
        _block(turn.start, turn.end, (turn.person,), people, actor)
        for turn in turns(layer, zone(layer.timezone or spec.timezone), start, end)
    ]
    name = _("Layer %(number)s") % {"number": number}
    second = _("every %(every)s") % {"every": format_every(layer.every)}
    if layer.timezone:
        second += f", {layer.timezone}"
    return {"name": name, "second": second, "kind": "layer", "blocks": blocks}


def _block(start: datetime, end: datetime, ids: Iterable[PersonId], people: People, actor: Actor) -> Dict:
    person = together(ids, people, actor)
    if person is None:
        return {"from": start, "until": end, "gap": True, "word": _("Nobody")}
    return {"from": start, "until": end, "person": person, "word": person["name"]}


def picture(
    name: str, timezone: str, start: datetime, end: datetime, at: datetime, drawn: list[Dict]
) -> Dict:
    """What `{% schedule %}` draws: days by the schedule's wall clock, the change of the clocks marked."""
    where = zone(timezone)
    days, day = [], start.astimezone(where)
    many = end - start > _WORDS_FIT
    while day < end:
        days.append(_day(day, where, at, brief=many))
        following = day.date() + timedelta(days=1)
        day = datetime(following.year, following.month, following.day, tzinfo=where)
    changes = [
        {"at": change, "word": _("clocks go back") if forward < timedelta() else _("clocks go forward")}
        for change, forward in offset_changes(where, start, end)
    ]
    return {
        "start": start,
        "end": end,
        "now": at,
        "summary": _("Who is on call for %(schedule)s") % {"schedule": name},
        "days": days,
        "dst": changes,
        "lanes": drawn,
    }


def _day(at: datetime, where: ZoneInfo, now: datetime, *, brief: bool) -> Dict:
    """A day's heading; over many days only its number."""
    return {
        "at": at,
        "word": str(at.day) if brief else f"{at:%a} {at.day}",
        "short": f"{at:%a}"[0],
        "weekend": at.weekday() > 4,
        "today": at.date() == now.astimezone(where).date(),
    }


def data_of(found: Iterable[Shift], people: People, timezone: str) -> Dict:
    """The same as plain data, for the scripts of the page: handles, and instants in UTC."""
    return {
        "zone": timezone,
        "shifts": [
            {
                "from": one.start.isoformat(),
                "until": one.end.isoformat(),
                "people": [people[int(person)].handle for person in one.people],
            }
            for one in found
        ],
    }


def clock_banners(notes: Iterable[ClockNote]) -> list[Dict]:
    """Each change of the clocks that falls in somebody's shift."""
    return [{"bold": words.clock_sentence(note), "icon": "clock", "kind": "soon"} for note in notes]


_STATES = {Verdict.MET: "met", Verdict.ADVISED: "degraded", Verdict.MISSED: "major"}


def checks(found: Iterable[Finding], people: People, timezone: str) -> list[Dict]:
    """The findings, what is wrong first, each with whom and when."""
    order = (Verdict.MISSED, Verdict.ADVISED, Verdict.MET)
    shown = []
    for one in sorted(found, key=lambda one: order.index(one.verdict)):
        facts = [people[int(person)].name for person in one.people if int(person) in people]
        if one.shift is not None and one.whole:
            start, end = wall(one.shift.start, timezone), wall(one.shift.end, timezone)
            facts += [_("from %(start)s to %(end)s") % {"start": start, "end": end}]
        elif one.shift is not None:
            length = span((one.shift.end - one.shift.start).total_seconds())
            facts += [
                _("%(start)s, for %(length)s") % {"start": wall(one.shift.start, timezone), "length": length}
            ]
        word = words.finding_sentence(one)
        shown.append({"state": _STATES[one.verdict], "word": word, "second": ", ".join(facts)})
    return shown


def wall(at: datetime, timezone: str) -> str:
    """A moment by the schedule's wall clock."""
    local = at.astimezone(zone(timezone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def local_value(at: datetime, timezone: str) -> str:
    """A moment as a date and time field has it."""
    return at.astimezone(zone(timezone)).strftime("%Y-%m-%dT%H:%M")
