"""Services: owned by a team, escalated by a policy, dependent on each other."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from muster.core.permissions import Actor, Right, require, system
from muster.core.refusal import Refused
from muster.core.text import clean_text
from muster.foundation.catalog import checks
from muster.foundation.catalog.commands import rows
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import RESERVED, reserved_service
from muster.foundation.catalog.reasons import Invalid, Taken
from muster.foundation.timeline.pen import command, lock


def _team(team_id: int | None) -> int | None:
    return None if team_id is None else rows.live(Team, [team_id])[0]


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": checks.name,
    "team_id": _team,
    "policy": str,
    "urgency": checks.urgency,
    "description": clean_text,
    "runbook_url": checks.runbook_url,
    "depends_on": lambda ids: rows.live(Service, ids),
    "hold_when_dependency_down": bool,
}


@command
def add_service(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    team_id: int | None = None,
    policy: str = "",
    urgency: str = "by_severity",
    description: str = "",
    runbook_url: str = "",
    depends_on: Sequence[int] = (),
    hold_when_dependency_down: bool = False,
    made_by: str = "hand",
) -> Service:
    """Add a service; `policy` is the handle of an escalation policy, `depends_on` are ids of services.

    Raises:
        Refused: neither the team's manager nor an admin; handle taken; a value is not of the right form.
    """
    require(actor, Right.EDIT_TEAM, team=team_id)
    columns = {
        "handle": handle,
        "name": name,
        "team_id": _team(team_id),
        "policy": policy,
        "urgency": checks.urgency(urgency),
        "description": clean_text(description),
        "runbook_url": checks.runbook_url(runbook_url),
        "depends_on": rows.live(Service, depends_on),
        "hold_when_dependency_down": hold_when_dependency_down,
        "made_by": made_by,
    }
    return rows.add(Service(), columns, actor=actor, at=at)


@command
def change_service(service_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Service:
    """Change a service: name, team_id, policy, urgency, description, runbook_url, depends_on or
    hold_when_dependency_down.

    Raises:
        Refused: neither the team's manager (the old one's and the new one's) nor an admin; a value is not of
            the right form; it would depend on itself.
    """
    service = lock(Service, service_id)
    rows.owned(service, changes, frozenset(_CHECKS), actor=actor)
    if service_id in changes.get("depends_on", ()):
        raise Refused(Invalid.DEPENDS_ON_ITSELF, {"handle": service.handle})
    checked = {key: _CHECKS[key](value) for key, value in changes.items()}
    return rows.change(service, checked, actor=actor, at=at)


@command
def ensure_reserved(*, at: datetime) -> Service:
    """Make the built-in service `muster`, to which meta-alerts belong, unless it is there (design 6).

    First run calls it; a second call, also at the same moment, changes nothing.
    """
    if Service.objects.filter(handle=RESERVED).exists():
        return reserved_service()
    try:
        return add_service(
            actor=system("first_run"), at=at, handle=RESERVED, name="Muster", urgency="high", made_by="muster"
        )
    except Refused as refused:
        if refused.reason is not Taken.HANDLE:
            raise
        return reserved_service()
