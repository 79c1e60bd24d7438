"""`teams:` of the configuration file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from muster.foundation.access.models import Grant
from muster.foundation.access.queries import person_by_handle
from muster.foundation.catalog import commands
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.foundation.catalog.sections import hours as working_hours
from muster.foundation.catalog.sections.hours import HoursForm


@dataclass(frozen=True, slots=True)
class TeamForm:
    """A team; an empty `manager` takes the manager away."""

    handle: str
    name: str | None = None
    members: tuple[str, ...] | None = None
    manager: str | None = None
    timezone: str | None = None
    hours: HoursForm | None = None
    holidays: str | None = None


class TeamsSection(Section[TeamForm]):
    """Teams with their members and manager."""

    name = "teams"
    form = TeamForm

    def check(self, wanted: TeamForm, names: Names) -> Iterable[Wrong]:
        """Members and manager must be there."""
        for index, handle in enumerate(wanted.members or ()):
            yield from names.wrong("people", handle, f"members.{index}")
        if wanted.manager:
            yield from names.wrong("people", wanted.manager, "manager")

    def current(self) -> Mapping[str, Current[TeamForm]]:
        """All teams; the members by handle."""
        staff: dict[tuple[str, str], list[str]] = {}
        grants = Grant.objects.filter(scope__startswith="team:", ended_at__isnull=True)
        for scope, role, handle in grants.values_list("scope", "role", "person__handle").order_by("id"):
            staff.setdefault((scope, role), []).append(handle)
        return {
            team.handle: Current(_form(team, staff), team.made_by, bool(team.retired_at), tuple(team.aliases))
            for team in Team.objects.order_by("handle")
        }

    def merge(self, current: TeamForm, wanted: TeamForm) -> TeamForm:
        """Members in the order of their handles."""
        merged = super().merge(current, wanted)
        return replace(merged, members=tuple(sorted(set(merged.members or ()))))

    def create(self, wanted: TeamForm, applying: Applying) -> None:
        """Add the team."""
        commands.add_team(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            timezone=wanted.timezone or "",
            hours=working_hours.stored(wanted.hours),
            holidays=wanted.holidays or "",
            members=_ids(wanted.members or ()),
            manager=_ids([wanted.manager])[0] if wanted.manager else None,
            made_by="apply",
        )

    def change(self, handle: str, merged: TeamForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs; people are replaced whole."""
        columns: dict[str, Any] = {
            "name": merged.name,
            "timezone": merged.timezone,
            "hours": working_hours.stored(merged.hours),
            "holidays": merged.holidays,
        }
        commands.change_team(
            by_handle(Team, handle).pk,
            {key: value for key, value in columns.items() if key in fields},
            actor=applying.actor,
            at=applying.at,
            members=_ids(merged.members or ()) if "members" in fields else None,
            managers=_ids([merged.manager] if merged.manager else []) if "manager" in fields else None,
        )

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire the team."""
        commands.retire(Team, by_handle(Team, handle).pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring the team back."""
        commands.restore(Team, by_handle(Team, handle).pk, actor=applying.actor, at=applying.at)


def _form(team: Team, staff: Mapping[tuple[str, str], list[str]]) -> TeamForm:
    scope = f"team:{team.pk}"
    return TeamForm(
        handle=team.handle,
        name=team.name,
        members=tuple(sorted(staff.get((scope, "member"), []))),
        manager=next(iter(staff.get((scope, "manager"), [])), ""),
        timezone=team.timezone,
        hours=working_hours.written(team.hours),
        holidays=team.holidays,
    )


def _ids(handles: Iterable[str]) -> list[int]:
    return [person_by_handle(handle).pk for handle in handles]
