"""Teams: what they are called, who is in them, who manages them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from muster.core.permissions import Actor, Right, require
from muster.foundation.access.commands import replace_grants
from muster.foundation.access.models import Person
from muster.foundation.catalog import checks
from muster.foundation.catalog.commands import rows
from muster.foundation.catalog.models import Team
from muster.foundation.timeline.pen import command, lock

_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": checks.name,
    "timezone": checks.timezone,
    "hours": checks.hours,
    "holidays": checks.holidays,
}


@command
def add_team(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    timezone: str = "",
    hours: Mapping[str, Any] | None = None,
    holidays: str = "",
    members: Sequence[int] = (),
    manager: int | None = None,
    made_by: str = "hand",
) -> Team:
    """Add a team with its members and manager (ids of people).

    Raises:
        Refused: not an admin; handle taken; a value is not of the right form.
    """
    require(actor, Right.CONFIGURE)
    columns = {
        "handle": handle,
        "name": name,
        "timezone": checks.timezone(timezone),
        "hours": checks.hours(hours or {}),
        "holidays": checks.holidays(holidays),
        "made_by": made_by,
    }
    team = rows.add(Team(), columns, actor=actor, at=at)
    _staff(team, members, [manager] if manager else [], actor=actor, at=at)
    return team


@command
def change_team(
    team_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    members: Sequence[int] | None = None,
    managers: Sequence[int] | None = None,
) -> Team:
    """Change name, timezone, hours or holidays; `members` and `managers` are replaced whole when given.

    Raises:
        Refused: neither this team's manager nor an admin; a value is not of the right form.
    """
    require(actor, Right.EDIT_TEAM, team=team_id)
    rows.only(changes, frozenset(_CHECKS))
    team = lock(Team, team_id)
    checked = {key: _CHECKS[key](value) for key, value in changes.items()}
    changed = rows.change(team, checked, actor=actor, at=at)
    _staff(team, members, managers, actor=actor, at=at)
    return changed


def _staff(
    team: Team, members: Sequence[int] | None, managers: Sequence[int] | None, *, actor: Actor, at: datetime
) -> None:
    scope = f"team:{team.pk}"
    if members is not None:
        replace_grants("member", scope, rows.live(Person, members), actor=actor, at=at)
    if managers is not None:
        replace_grants("manager", scope, rows.live(Person, managers), actor=actor, at=at)
