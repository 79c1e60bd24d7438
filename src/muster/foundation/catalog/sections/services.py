"""`services:` of the configuration file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from muster.core.urgency import UrgencySetting
from muster.foundation.catalog import commands
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import by_handle, ids_of


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """A service; an empty `team`, `policy` or `runbook` takes it away."""

    handle: str
    name: str | None = None
    team: str | None = None
    policy: str | None = None
    urgency: UrgencySetting | None = None
    description: str | None = None
    runbook: str | None = None
    depends_on: tuple[str, ...] | None = None
    hold_when_dependency_down: bool | None = None


class ServicesSection(Section[ServiceForm]):
    """Services and their dependencies."""

    name = "services"
    form = ServiceForm

    def check(self, wanted: ServiceForm, names: Names) -> Iterable[Wrong]:
        """Team, policy and dependencies must be there, and be another service."""
        if wanted.team:
            yield from names.wrong("teams", wanted.team, "team")
        if wanted.policy:
            yield from names.wrong("policies", wanted.policy, "policy")
        for index, handle in enumerate(wanted.depends_on or ()):
            if handle == wanted.handle:
                yield Wrong(f"depends_on.{index}", _("a service cannot depend on itself"))
            yield from names.wrong("services", handle, f"depends_on.{index}")

    def current(self) -> Mapping[str, Current[ServiceForm]]:
        """All services."""
        rows = list(Service.objects.select_related("team").order_by("handle"))
        known = {row.pk: row.handle for row in rows}
        return {
            row.handle: Current(_form(row, known), row.made_by, bool(row.retired_at), tuple(row.aliases))
            for row in rows
        }

    def merge(self, current: ServiceForm, wanted: ServiceForm) -> ServiceForm:
        """Dependencies in the order of their handles; what is not held is not written."""
        merged = super().merge(current, wanted)
        return replace(
            merged,
            depends_on=tuple(sorted(set(merged.depends_on or ()))),
            hold_when_dependency_down=merged.hold_when_dependency_down or None,
        )

    def create(self, wanted: ServiceForm, applying: Applying) -> None:
        """Add the service; its dependencies follow."""
        commands.add_service(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            team_id=by_handle(Team, wanted.team).pk if wanted.team else None,
            policy=wanted.policy or "",
            urgency=wanted.urgency or UrgencySetting.BY_SEVERITY,
            description=wanted.description or "",
            runbook_url=wanted.runbook or "",
            hold_when_dependency_down=wanted.hold_when_dependency_down or False,
            made_by="apply",
        )

    def finish(self, wanted: ServiceForm, applying: Applying) -> None:
        """Set the dependencies, now that every service of the file is there."""
        if wanted.depends_on:
            sorted_once = tuple(sorted(set(wanted.depends_on)))
            merged = replace(wanted, depends_on=sorted_once)
            self.change(wanted.handle, merged, frozenset({"depends_on"}), applying)

    def change(self, handle: str, merged: ServiceForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes: dict[str, Any] = {}
        for field in fields - {"team", "depends_on", "runbook"}:
            changes[field] = getattr(merged, field)
        if "team" in fields:
            changes["team_id"] = by_handle(Team, merged.team).pk if merged.team else None
        if "runbook" in fields:
            changes["runbook_url"] = merged.runbook
        if "depends_on" in fields:
            changes["depends_on"] = ids_of(Service, merged.depends_on or ())
        service = by_handle(Service, handle)
        commands.change_service(service.pk, changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire the service."""
        commands.retire(Service, by_handle(Service, handle).pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring the service back."""
        commands.restore(Service, by_handle(Service, handle).pk, actor=applying.actor, at=applying.at)


def _form(row: Service, known: Mapping[int, str]) -> ServiceForm:
    return ServiceForm(
        handle=row.handle,
        name=row.name,
        team=row.team.handle if row.team else "",
        policy=row.policy,
        urgency=UrgencySetting(row.urgency),
        description=row.description,
        runbook=row.runbook_url,
        depends_on=tuple(sorted(known[pk] for pk in row.depends_on)),
        hold_when_dependency_down=row.hold_when_dependency_down or None,
    )
