"""`/teams`, `/services`, `/products`, `/customers` and `/positions`: by handle, former ones too."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from pydantic import Field

from muster.core.urgency import UrgencySetting
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.foundation.catalog import commands
from muster.foundation.catalog.models import Configured, Customer, Position, Product, Service, Team
from muster.foundation.catalog.queries import by_handle, ids_of
from muster.foundation.catalog.showing import Showing, shown

router = Router(tags=["catalog"])

KINDS: dict[str, type[Configured]] = {
    "teams": Team,
    "services": Service,
    "products": Product,
    "customers": Customer,
    "positions": Position,
}


class Thing(Shown):
    """What every configured thing shows."""

    handle: str
    name: str
    aliases: list[str]
    retired_at: datetime | None


class TeamOut(Thing):
    """A team; empty `timezone`, `hours` and `holidays` are the organisation's."""

    members: list[str]
    manager: str | None
    timezone: str
    hours: dict[str, Any]
    holidays: str


class ServiceOut(Thing):
    """A service."""

    team: str | None
    policy: str | None
    urgency: str
    description: str
    runbook: str
    depends_on: list[str]
    hold_when_dependency_down: bool


class PartOut(Thing):
    """A product or a customer."""

    services: list[str]


class PositionOut(Thing):
    """A position."""

    holders: list[str]


class TeamPage(Shown):
    """Newest first."""

    items: list[TeamOut]
    next: str | None


class ServicePage(Shown):
    """Newest first."""

    items: list[ServiceOut]
    next: str | None


class PartPage(Shown):
    """Newest first."""

    items: list[PartOut]
    next: str | None


class PositionPage(Shown):
    """Newest first."""

    items: list[PositionOut]
    next: str | None


class Listing(Paging):
    """`active` leaves out what is retired."""

    active: bool = False


class ServiceIn(Body):
    """A new service."""

    handle: str
    name: str
    team: str | None = None
    policy: str = ""
    urgency: UrgencySetting = UrgencySetting.BY_SEVERITY
    description: str = ""
    runbook: str = ""
    depends_on: list[str] = Field(default_factory=list)
    hold_when_dependency_down: bool = False


class ServiceChange(Body):
    """What to change; what is absent stays."""

    name: str | None = None
    team: str | None = None
    policy: str | None = None
    urgency: UrgencySetting | None = None
    description: str | None = None
    runbook: str | None = None
    depends_on: list[str] | None = None
    hold_when_dependency_down: bool | None = None


class TeamIn(Body):
    """A new team."""

    handle: str
    name: str
    members: list[str] = Field(default_factory=list)
    manager: str | None = None
    timezone: str = ""


class TeamChange(Body):
    """What to change; what is absent stays. An empty manager takes the manager away."""

    name: str | None = None
    members: list[str] | None = None
    manager: str | None = None
    timezone: str | None = None


@router.get("/teams", response=TeamPage)
def teams(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All teams."""
    return _page(Team, request, asked)


@router.get("/services", response=ServicePage)
def services(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All services."""
    return _page(Service, request, asked)


@router.get("/products", response=PartPage)
def products(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All products."""
    return _page(Product, request, asked)


@router.get("/customers", response=PartPage)
def customers(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All customers."""
    return _page(Customer, request, asked)


@router.get("/positions", response=PositionPage)
def positions(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All positions."""
    return _page(Position, request, asked)


@router.get("/teams/{handle}", response=TeamOut)
def team(request: Request, handle: str) -> dict[str, Any]:
    """One team."""
    return _one(Team, request, handle)


@router.get("/services/{handle}", response=ServiceOut)
def service(request: Request, handle: str) -> dict[str, Any]:
    """One service."""
    return _one(Service, request, handle)


@router.get("/products/{handle}", response=PartOut)
def product(request: Request, handle: str) -> dict[str, Any]:
    """One product."""
    return _one(Product, request, handle)


@router.get("/customers/{handle}", response=PartOut)
def customer(request: Request, handle: str) -> dict[str, Any]:
    """One customer."""
    return _one(Customer, request, handle)


@router.get("/positions/{handle}", response=PositionOut)
def position(request: Request, handle: str) -> dict[str, Any]:
    """One position."""
    return _one(Position, request, handle)


@router.post("/teams", response={201: TeamOut})
def add_team(request: Request, given: TeamIn) -> Status[dict[str, Any]]:
    """Add a team."""
    values = given.model_dump() | {"members": _people(given.members)}
    values["manager"] = _people([given.manager])[0] if given.manager else None
    row = commands.add_team(actor=request.arrival.actor, at=request.arrival.at, **values)
    return Status(201, shown(row))


@router.patch("/teams/{handle}", response=TeamOut)
def change_team(request: Request, handle: str, given: TeamChange) -> dict[str, Any]:
    """Change a team."""
    changes = given.model_dump(exclude_unset=True, exclude_none=True)
    members, manager = changes.pop("members", None), changes.pop("manager", None)
    row = commands.change_team(
        by_handle(Team, handle, actor=request.arrival.actor).pk,
        changes,
        actor=request.arrival.actor,
        at=request.arrival.at,
        members=None if members is None else _people(members),
        managers=None if manager is None else _people([manager] if manager else []),
    )
    return shown(row)


@router.post("/services", response={201: ServiceOut})
def add_service(request: Request, given: ServiceIn) -> Status[dict[str, Any]]:
    """Add a service."""
    columns = _service_columns(given.model_dump(exclude={"handle"}))
    row = commands.add_service(
        actor=request.arrival.actor, at=request.arrival.at, handle=given.handle, **columns
    )
    return Status(201, shown(row))


@router.patch("/services/{handle}", response=ServiceOut)
def change_service(request: Request, handle: str, given: ServiceChange) -> dict[str, Any]:
    """Change a service."""
    changes = _service_columns(given.model_dump(exclude_unset=True, exclude_none=True))
    found = by_handle(Service, handle, actor=request.arrival.actor)
    row = commands.change_service(found.pk, changes, actor=request.arrival.actor, at=request.arrival.at)
    return shown(row)


def _retiring(kind: str, model: type[Configured]) -> None:
    """Add the two addresses that retire a kind of thing and bring it back."""

    def retire(request: Request, handle: str) -> Status[None]:
        """Take it out of use; refused while something live points at it, and the answer says what."""
        arrival = request.arrival
        row = by_handle(model, handle, actor=arrival.actor)
        commands.retire(model, row.pk, actor=arrival.actor, at=arrival.at)
        return Status(204, None)

    def restore(request: Request, handle: str) -> Status[None]:
        """Undo retiring."""
        arrival = request.arrival
        row = by_handle(model, handle, actor=arrival.actor)
        commands.restore(model, row.pk, actor=arrival.actor, at=arrival.at)
        return Status(204, None)

    for verb, function in (("retire", retire), ("restore", restore)):
        add = router.post(f"/{kind}/{{handle}}/{verb}", response={204: None}, operation_id=f"{verb}_{kind}")
        add(function)


for _kind, _model in KINDS.items():
    _retiring(_kind, _model)


def _page(model: type[Configured], request: Request, asked: Listing) -> dict[str, Any]:
    rows = model.objects.visible_to(request.arrival.actor)
    if asked.active:
        rows = rows.filter(retired_at__isnull=True)
    return page_of(rows, asked, Showing())


def _one(model: type[Configured], request: Request, handle: str) -> dict[str, Any]:
    return shown(by_handle(model, handle, actor=request.arrival.actor))


def _people(handles: Iterable[str]) -> list[int]:
    return [person_by_handle(handle).pk for handle in handles]


def _service_columns(values: dict[str, Any]) -> dict[str, Any]:
    columns = dict(values)
    if "team" in columns:
        team = columns.pop("team")
        columns["team_id"] = by_handle(Team, team).pk if team else None
    if "runbook" in columns:
        columns["runbook_url"] = columns.pop("runbook")
    if "depends_on" in columns:
        columns["depends_on"] = ids_of(Service, columns["depends_on"])
    return columns
