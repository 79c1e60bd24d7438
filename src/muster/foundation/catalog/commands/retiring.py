"""Renaming, retiring and bringing back: nothing configured is ever deleted (design 13)."""

from datetime import datetime
from typing import TypeVar

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.foundation.catalog import handles, pointers
from muster.foundation.catalog.models import Configured, Customer, Product, Service, Team
from muster.foundation.catalog.queries import RESERVED
from muster.foundation.catalog.reasons import Retiring
from muster.foundation.timeline.pen import command, lock, record

RowT = TypeVar("RowT", bound=Configured)


@command
def rename(model: type[RowT], row_id: int, handle: str, *, actor: Actor, at: datetime) -> RowT:
    """Give a thing another handle; the old one stays its alias and is never given to another.

    Raises:
        Refused: not allowed, or the handle is taken (its own former ones may be taken up again).
    """
    row = lock(model, row_id)
    _require(actor, row)
    _refuse_reserved(row)
    if row.handle == handle:
        return row
    if handle not in row.aliases:
        handles.claim(row.subject_kind, handle)
    aliases = [alias for alias in row.aliases if alias != handle] + [row.handle]
    facts = {"before": row.handle, "after": handle}
    change = Change(f"{row.subject_kind}.renamed", {"handle": handle, "aliases": aliases}, facts)
    return record(row, change, actor=actor, at=at)


@command
def retire(model: type[RowT], row_id: int, *, actor: Actor, at: datetime) -> RowT:
    """Take a thing out of use; nothing happens when that was done before.

    Raises:
        Refused: not allowed; it is Muster's own; something live still points at it (`by` says what).
    """
    row = lock(model, row_id)
    _require(actor, row)
    _refuse_reserved(row)
    if row.retired_at is not None:
        return row
    by = pointers.pointing_at(row)
    if by:
        raise Refused(Retiring.POINTED_AT, {"handle": row.handle, "by": ", ".join(by)})
    change = Change(f"{row.subject_kind}.retired", {"retired_at": at}, {"handle": row.handle})
    return record(row, change, actor=actor, at=at)


@command
def restore(model: type[RowT], row_id: int, *, actor: Actor, at: datetime) -> RowT:
    """Undo `retire`.

    Raises:
        Refused: not allowed; what it points at is itself retired (`what` says which).
    """
    row = lock(model, row_id)
    _require(actor, row)
    if row.retired_at is None:
        return row
    what = _retired_below(row)
    if what:
        raise Refused(Retiring.POINTS_AT_RETIRED, {"handle": row.handle, "what": ", ".join(what)})
    change = Change(f"{row.subject_kind}.restored", {"retired_at": None}, {"handle": row.handle})
    return record(row, change, actor=actor, at=at)


def _require(actor: Actor, row: Configured) -> None:
    """What a team owns is its manager's to change; the rest is the admins'."""
    if hasattr(row, "team_id"):
        require(actor, Right.EDIT_TEAM, team=row.team_id)
    else:
        require(actor, Right.CONFIGURE)


def _refuse_reserved(row: Configured) -> None:
    if isinstance(row, Service) and row.handle == RESERVED:
        raise Refused(Retiring.RESERVED, {"handle": row.handle})


def _retired_below(row: Configured) -> list[str]:
    services: list[int] = []
    teams: list[int] = []
    if isinstance(row, Service):
        services, teams = row.depends_on, [row.team_id] if row.team_id else []
    elif isinstance(row, Product | Customer):
        services = row.services
    gone = Service.objects.filter(pk__in=services, retired_at__isnull=False)
    left = Team.objects.filter(pk__in=teams, retired_at__isnull=False)
    return sorted([f"service:{found.handle}" for found in gone] + [f"team:{found.handle}" for found in left])
