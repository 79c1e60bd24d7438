"""`/schedules` and `/oncall`: who is on call, when, and by what (R39)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ninja import Query, Router, Status
from ninja import Schema as QueryForm
from pydantic import AwareDatetime, Field

from muster.core.oncall import Effect
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.rotation import PersonId
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.models import Person
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.foundation.catalog.commands import restore, retire
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.foundation.catalog.sections.hours import WeekDay
from muster.mobilize.oncall import commands, words
from muster.mobilize.oncall.models import Override, Schedule
from muster.mobilize.oncall.queries import (
    explain_at,
    latest_specs,
    on_call_at,
    override_of,
    overrides_of,
    schedule_of,
    schedules,
    shift_at,
    shifts,
    visible_schedules,
)
from muster.mobilize.oncall.reasons import OnCall

router = Router(tags=["on call"])

LONGEST_SPAN = timedelta(days=366)
DEFAULT_SPAN = timedelta(days=14)


class OverrideOut(Shown):
    """Who has an interval changes. Times as written: local to the schedule, or with an offset."""

    id: int
    from_: str = Field(serialization_alias="from")
    to: str
    person: str
    kind: str
    replaces: str | None


class ScheduleOut(Shown):
    """A schedule as it says now; `layers` are as in configuration."""

    handle: str
    name: str
    team: str | None
    timezone: str
    layers: list[dict[str, Any]]
    overrides: list[OverrideOut]
    on_call: list[str]
    retired_at: datetime | None


class SchedulePage(Shown):
    """Newest first."""

    items: list[ScheduleOut]
    next: str | None


class ShiftOut(Shown):
    """The longest stretch with the same people; `people` is empty where nobody is on call."""

    start: datetime
    end: datetime
    people: list[str]


class ShiftList(Shown):
    """The shifts between two instants, in order, gaps included."""

    items: list[ShiftOut]


class OnCallOut(Shown):
    """Who is on call at an instant, by what, and until when."""

    schedule: str
    at: datetime
    people: list[str]
    until: datetime
    sentence: str


class OnCallList(Shown):
    """Every schedule in use."""

    items: list[OnCallOut]


class OverrideIn(Body):
    """`from` and `to` as in configuration: local to the schedule's zone, or with an offset."""

    from_: str = Field(alias="from", max_length=40)
    to: str = Field(max_length=40)
    person: str = Field(max_length=100)
    kind: Effect = Effect.COVER
    replaces: str | None = Field(None, max_length=100)


class OnlyIn(Body):
    """Hours of the week, as in configuration."""

    days: list[WeekDay] = Field(default_factory=list)
    from_: str = Field("00:00", alias="from", max_length=20)
    to: str = Field("24:00", max_length=20)


class LayerIn(Body):
    """A rotation, as in configuration."""

    every: str = Field(max_length=40)
    start: str = Field(max_length=40)
    people: list[str]
    only: list[OnlyIn] = Field(default_factory=list)
    timezone: str | None = Field(None, max_length=100)


class ScheduleIn(Body):
    """A new schedule."""

    handle: str
    name: str
    timezone: str
    team: str | None = None
    layers: list[LayerIn] = Field(default_factory=list, max_length=50)


class ScheduleChange(Body):
    """What to change; what is absent stays, layers are replaced whole."""

    name: str | None = None
    timezone: str | None = None
    team: str | None = None
    layers: list[LayerIn] | None = Field(None, max_length=50)


class Listing(Paging):
    """`active` leaves out what is retired."""

    active: bool = False


class Span(QueryForm):
    """From when (now) until when (two weeks later); at most a year."""

    from_: AwareDatetime | None = Field(None, alias="from")
    to: AwareDatetime | None = None


class OnCallQuery(QueryForm):
    """Of which schedule (all), and when (now)."""

    schedule: str = Field("", max_length=100)
    at: AwareDatetime | None = None


@router.get("/oncall", response=OnCallOut | OnCallList)
def oncall(request: Request, asked: Query[OnCallQuery]) -> dict[str, Any]:
    """Who is on call: of one schedule, or `items` for every schedule in use."""
    arrival = request.arrival
    at = asked.at or arrival.at
    if asked.schedule:
        return _on_call(schedule_of(arrival.actor, asked.schedule), arrival.actor, at)
    return {"items": [_on_call(row, arrival.actor, at) for row in schedules(arrival.actor)]}


@router.get("/schedules", response=SchedulePage, by_alias=True)
def list_schedules(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All schedules."""
    arrival = request.arrival
    rows = visible_schedules(arrival.actor)
    if asked.active:
        rows = rows.filter(retired_at__isnull=True)
    return page_of(rows, asked, lambda row: _shown(row, arrival.actor, arrival.at))


@router.get("/schedules/{handle}", response=ScheduleOut, by_alias=True)
def schedule(request: Request, handle: str) -> dict[str, Any]:
    """One schedule."""
    arrival = request.arrival
    return _shown(schedule_of(arrival.actor, handle), arrival.actor, arrival.at)


@router.get("/schedules/{handle}/shifts", response=ShiftList)
def list_shifts(request: Request, handle: str, asked: Query[Span]) -> dict[str, Any]:
    """Who is on call when."""
    start = asked.from_ or request.arrival.at
    end = asked.to or start + DEFAULT_SPAN
    if not start < end <= start + LONGEST_SPAN:
        raise Refused(OnCall.SPAN_TOO_LONG, {"days": LONGEST_SPAN.days})
    row = schedule_of(request.arrival.actor, handle)
    found = shifts(row.pk, start, end)
    known = handles_of((person for shift in found for person in shift.people), request.arrival.actor)
    return {
        "items": [
            {"start": one.start, "end": one.end, "people": [known[int(person)] for person in one.people]}
            for one in found
        ]
    }


@router.post("/schedules", response={201: ScheduleOut}, by_alias=True)
def add_schedule(request: Request, given: ScheduleIn) -> Status[dict[str, Any]]:
    """Add a schedule, in force at once."""
    arrival = request.arrival
    row = commands.add_schedule(
        actor=arrival.actor,
        at=arrival.at,
        handle=given.handle,
        name=given.name,
        spec={"timezone": given.timezone, "layers": layers_of(given.layers)},
        team_id=_team(given.team, arrival.actor),
    )
    return Status(201, _shown(row, arrival.actor, arrival.at))


@router.patch("/schedules/{handle}", response=ScheduleOut, by_alias=True)
def change_schedule(request: Request, handle: str, given: ScheduleChange) -> dict[str, Any]:
    """Change a schedule from now on; what has been stays."""
    arrival = request.arrival
    row = schedule_of(arrival.actor, handle)
    asked = given.model_dump(exclude_unset=True, exclude_none=True)
    changes: dict[str, Any] = {"name": asked["name"]} if "name" in asked else {}
    if "team" in asked:
        changes["team_id"] = _team(given.team, arrival.actor)
    if asked.keys() & {"timezone", "layers"}:
        layers = latest_specs([row.pk])[row.pk]["layers"] if given.layers is None else layers_of(given.layers)
        changes["spec"] = {"timezone": given.timezone or row.timezone, "layers": layers}
    commands.change_schedule(row.pk, changes, actor=arrival.actor, at=arrival.at)
    return _shown(schedule_of(arrival.actor, handle), arrival.actor, arrival.at)


@router.post("/schedules/{handle}/retire", response={204: None})
def retire_schedule(request: Request, handle: str) -> Status[None]:
    """Take it out of use; refused while something live points at it, and the answer says what."""
    arrival = request.arrival
    row = schedule_of(arrival.actor, handle)
    retire(Schedule, row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/schedules/{handle}/restore", response={204: None})
def restore_schedule(request: Request, handle: str) -> Status[None]:
    """Undo retiring."""
    arrival = request.arrival
    row = schedule_of(arrival.actor, handle)
    restore(Schedule, row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/schedules/{handle}/overrides", response={201: OverrideOut}, by_alias=True)
def add_override(request: Request, handle: str, given: OverrideIn) -> Status[dict[str, Any]]:
    """Give an interval to somebody; who responds may take one themselves."""
    arrival = request.arrival
    row = commands.add_override(
        schedule_of(arrival.actor, handle).pk,
        actor=arrival.actor,
        at=arrival.at,
        start=given.from_,
        end=given.to,
        person_id=person_by_handle(given.person).pk,
        kind=given.kind,
        replaces_id=person_by_handle(given.replaces).pk if given.replaces else None,
    )
    return Status(201, _override(override_of(arrival.actor, row.pk)))


@router.delete("/overrides/{int:override_id}", response={204: None})
def retire_override(request: Request, override_id: int) -> Status[None]:
    """Take an override back, from now on."""
    arrival = request.arrival
    row = override_of(arrival.actor, override_id)
    commands.retire_override(row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


def _team(handle: str | None, actor: Actor) -> int | None:
    return by_handle(Team, handle, actor=actor).pk if handle else None


def layers_of(given: list[LayerIn]) -> list[dict[str, Any]]:
    """The layers with persons as ids. Raises `Refused` for a handle that nobody has."""
    return [
        layer.model_dump(by_alias=True) | {"people": [person_by_handle(handle).pk for handle in layer.people]}
        for layer in given
    ]


def handles_of(people: Iterable[PersonId], actor: Actor) -> dict[int, str]:
    """The handles of these people."""
    wanted = {int(person) for person in people}
    rows = Person.objects.visible_to(actor).filter(pk__in=wanted)
    return dict(rows.values_list("id", "handle"))


def _on_call(row: Schedule, actor: Actor, at: datetime) -> dict[str, Any]:
    shift, segment = shift_at(row.pk, at), explain_at(row.pk, at)
    known = handles_of(shift.people, actor)
    return {
        "schedule": row.handle,
        "at": at,
        "people": [known[int(person)] for person in shift.people],
        "until": shift.end,
        "sentence": str(words.CAUSES[segment.why]),
    }


def _shown(row: Schedule, actor: Actor, at: datetime) -> dict[str, Any]:
    layers = latest_specs([row.pk])[row.pk]["layers"]
    on_call = on_call_at(row.pk, at)
    named = [person for layer in layers for person in layer["people"]]
    known = handles_of([*named, *on_call], actor)
    return {
        "handle": row.handle,
        "name": row.name,
        "team": row.team.handle if row.team else None,
        "timezone": row.timezone,
        "layers": [
            layer | {"people": [known.get(person, str(person)) for person in layer["people"]]}
            for layer in layers
        ],
        "overrides": [_override(one) for one in overrides_of(actor, row)],
        "on_call": [known[person] for person in on_call],
        "retired_at": row.retired_at,
    }


def _override(row: Override) -> dict[str, Any]:
    replaces = row.replaces.handle if row.replaces else None
    shown = {"id": row.pk, "from_": row.start, "to": row.end, "person": row.person.handle}
    return shown | {"kind": row.kind, "replaces": replaces}
