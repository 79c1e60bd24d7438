"""Configured things as the API shows them: by handle, what belongs together looked up once per answer."""

from functools import cached_property
from typing import Any

from muster.foundation.access.models import Grant, Person
from muster.foundation.catalog.models import Configured, Customer, Position, Product, Service, Team


class Showing:
    """Shows many things with few queries."""

    def __call__(self, row: Configured) -> dict[str, Any]:
        """One thing."""
        known = {
            "handle": row.handle,
            "name": row.name,
            "aliases": row.aliases,
            "retired_at": row.retired_at,
        }
        return known | self._of_its_kind(row)

    def _of_its_kind(self, row: Configured) -> dict[str, Any]:
        match row:
            case Team():
                return self._team(row)
            case Service():
                return self._service(row)
            case Product() | Customer():
                return {"services": self._handles(self._services, row.services)}
            case Position():
                return {"holders": self._handles(self._people, row.holders)}
        raise TypeError(row)

    def _team(self, row: Team) -> dict[str, Any]:
        scope = f"team:{row.pk}"
        return {
            "members": self._staff.get((scope, "member"), []),
            "manager": next(iter(self._staff.get((scope, "manager"), [])), None),
            "timezone": row.timezone,
            "hours": row.hours,
            "holidays": row.holidays,
        }

    def _service(self, row: Service) -> dict[str, Any]:
        return {
            "team": self._teams.get(row.team_id or 0),
            "policy": row.policy or None,
            "urgency": row.urgency,
            "description": row.description,
            "runbook": row.runbook_url,
            "depends_on": self._handles(self._services, row.depends_on),
            "hold_when_dependency_down": row.hold_when_dependency_down,
        }

    def _handles(self, known: dict[int, str], ids: list[int]) -> list[str]:
        return [known[pk] for pk in ids if pk in known]

    @cached_property
    def _services(self) -> dict[int, str]:
        return dict(Service.objects.values_list("id", "handle"))

    @cached_property
    def _people(self) -> dict[int, str]:
        return dict(Person.objects.values_list("id", "handle"))

    @cached_property
    def _teams(self) -> dict[int, str]:
        return dict(Team.objects.values_list("id", "handle"))

    @cached_property
    def _staff(self) -> dict[tuple[str, str], list[str]]:
        staff: dict[tuple[str, str], list[str]] = {}
        grants = Grant.objects.filter(scope__startswith="team:", ended_at__isnull=True).order_by("id")
        for scope, role, handle in grants.values_list("scope", "role", "person__handle"):
            staff.setdefault((scope, role), []).append(handle)
        return staff


def shown(row: Configured) -> dict[str, Any]:
    """One thing as the API shows it."""
    return Showing()(row)
