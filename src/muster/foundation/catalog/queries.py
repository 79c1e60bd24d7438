"""Reads of the catalog: teams, services, products, customers, positions, and how they hang together."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar, cast

from muster.core.calendar import Calendar, business_calendar
from muster.core.permissions import Actor
from muster.core.public_holidays import public_holidays
from muster.core.refusal import Refused
from muster.core.standard import Standard
from muster.core.wallclock import parse_time_of_day
from muster.foundation.access import queries as access
from muster.foundation.access.models import Grant, Person
from muster.foundation.catalog import handles
from muster.foundation.catalog.models import Configured, Customer, Position, Product, Service, Team
from muster.foundation.catalog.reasons import NotFound

RowT = TypeVar("RowT", bound=Configured)

RESERVED = "muster"
"""The built-in service of meta-alerts (design 6)."""

_MISSING: Mapping[type[Configured], StrEnum] = {
    Team: NotFound.TEAM,
    Service: NotFound.SERVICE,
    Product: NotFound.PRODUCT,
    Customer: NotFound.CUSTOMER,
    Position: NotFound.POSITION,
}


def every(model: type[RowT], *, actor: Actor, with_retired: bool = False) -> list[RowT]:
    """All things of a kind that the actor may see, by handle."""
    rows = model.objects.visible_to(actor).order_by("handle")
    return cast(list[RowT], list(rows if with_retired else rows.filter(retired_at__isnull=True)))


def by_handle(model: type[RowT], handle: str, *, actor: Actor | None = None) -> RowT:
    """The thing that has this handle, or had it once; retired ones too.

    Raises:
        Refused: there is none, or the actor may not see it.
    """
    rows = model.objects.all() if actor is None else model.objects.visible_to(actor)
    found = handles.named(rows, handle)
    if found is None:
        raise Refused(_MISSING[model], {"handle": handle[:80]})
    return cast(RowT, found)


def ids_of(model: type[Configured], handles: Iterable[str]) -> list[int]:
    """The ids of these handles, each once, in the given order.

    Raises:
        Refused: one of them is not there.
    """
    return list(dict.fromkeys(by_handle(model, handle).pk for handle in handles))


def below(service_ids: Iterable[int]) -> list[int]:
    """These services and all on which they stand, however deep (engine side: only numbers come back)."""
    edges = dict(Service.objects.filter(retired_at__isnull=True).values_list("id", "depends_on"))
    found: list[int] = []
    waiting = list(service_ids)
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.append(pk)
            waiting.extend(edges.get(pk) or ())
    return found


def reserved_service() -> Service:
    """The built-in service `muster`, which first run makes.

    Raises:
        Refused: it has not been made yet.
    """
    return by_handle(Service, RESERVED)


def members(team_id: int) -> list[Person]:
    """The people of a team, in the order in which they were added."""
    return _granted("member", team_id)


def manager(team_id: int) -> Person | None:
    """The manager of a team: whom the target `manager:<team>` reaches."""
    found = _granted("manager", team_id)
    return found[0] if found else None


def _granted(role: str, team_id: int) -> list[Person]:
    grants = Grant.objects.select_related("person").filter(
        scope=f"team:{team_id}", role=role, ended_at__isnull=True, person__retired_at__isnull=True
    )
    return [grant.person for grant in grants.order_by("id")]


def working_hours(team_ids: Iterable[int | None], at: datetime) -> dict[int | None, Calendar]:
    """The working hours of teams (None: the organisation's own), with a year's public holidays from `at` on.

    Each has its own zone, hours and holidays where it has any (engine side).
    """
    organisation = access.organisation()
    teams = Team.objects.in_bulk([id_ for id_ in team_ids if id_ is not None])
    found: dict[int | None, Calendar] = {}
    for id_ in team_ids:
        team = teams.get(id_ or 0)
        zone = (team.timezone if team else "") or organisation.timezone
        place = (team.holidays if team else "") or organisation.holidays
        off = public_holidays(place, at.date() - _DAY, at.date() + 366 * _DAY)
        found[id_] = _calendar(zone, (team.hours if team else {}) or organisation.hours, off)
    return found


def business_hours(standard: Standard, at: datetime) -> Calendar:
    """Business time as the Standard counts it, in the organisation's zone, with a year's public holidays
    (engine side).
    """
    organisation = access.organisation()
    off = public_holidays(organisation.holidays, at.date() - _DAY, at.date() + 366 * _DAY)
    return business_calendar(standard.process.business_time, organisation.timezone, off)


_DAY = timedelta(days=1)


def _calendar(timezone: str, hours: Mapping[str, Any], off: frozenset[date]) -> Calendar:
    if not hours:
        return Calendar(timezone, holidays=off)
    opens, closes = parse_time_of_day(hours["from"]), parse_time_of_day(hours["to"])
    return Calendar(timezone, frozenset(hours["days"]), opens, closes, off)


def holders(position_id: int) -> list[Person]:
    """The people who hold a position and whose access has not ended, in the configured order."""
    wanted: list[int] = Position.objects.get(pk=position_id).holders
    known = Person.objects.filter(pk__in=wanted, retired_at__isnull=True).in_bulk()
    return [known[pk] for pk in wanted if pk in known]


def dependents(service_id: int) -> list[Service]:
    """The live services that depend on this one, by handle."""
    rows = Service.objects.filter(depends_on__contains=[service_id], retired_at__isnull=True)
    return list(rows.order_by("handle"))
