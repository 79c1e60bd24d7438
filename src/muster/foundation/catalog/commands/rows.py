"""What adding and changing have in common, whatever the kind."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.text import clean_text
from muster.foundation.access.models import Person
from muster.foundation.catalog import checks, handles
from muster.foundation.catalog.models import Configured, Service, Team
from muster.foundation.catalog.reasons import Invalid
from muster.foundation.timeline.pen import lock_many, record

RowT = TypeVar("RowT", bound=Configured)
LiveT = TypeVar("LiveT", Team, Service, Person)


class Owned(Protocol):
    """What a team owns: a service, a schedule, a policy."""

    @property
    def team_id(self) -> int | None:
        """The team's id; None when it is the organisation's."""


_FREE_TEXT = frozenset({"description", "why"})


def add(row: RowT, columns: Mapping[str, Any], *, actor: Actor, at: datetime) -> RowT:
    """Record a new configured thing; its handle is claimed first. Raises `Refused`."""
    handles.claim(row.subject_kind, columns["handle"])
    new = dict(columns) | {"name": checks.name(columns["name"])}
    facts, text = _told(new)
    return record(row, Change(f"{row.subject_kind}.added", new, facts, text), actor=actor, at=at)


def change(row: RowT, columns: Mapping[str, Any], *, actor: Actor, at: datetime) -> RowT:
    """Record what differs, with before and after; nothing when nothing does. Raises `Refused`."""
    wanted = dict(columns)
    if "name" in wanted:
        wanted["name"] = checks.name(wanted["name"])
    new = {key: value for key, value in wanted.items() if getattr(row, key) != value}
    if not new:
        return row
    after, text = _told(new)
    facts = {key: {"before": getattr(row, key), "after": value} for key, value in after.items()}
    kind = f"{row.subject_kind}.changed"
    return record(row, Change(kind, new, {"handle": row.handle} | facts, text), actor=actor, at=at)


def owned(row: Owned, changes: Mapping[str, Any], columns: frozenset[str], *, actor: Actor) -> None:
    """Let what a team owns be changed by its manager (the old team's and the new one's) and admins alone.

    Raises:
        Refused: somebody else asks.
    """
    require(actor, Right.EDIT_TEAM, team=row.team_id)
    if "team_id" in changes:
        require(actor, Right.EDIT_TEAM, team=changes["team_id"])
    only(changes, columns)


def live(model: type[LiveT], ids: Iterable[int]) -> list[int]:
    """Return the ids once each, in their order; the rows are held, so that nobody retires them meanwhile.

    Raises:
        Refused: one of them is retired, or not there.
    """
    wanted = list(dict.fromkeys(ids))
    found = {row.pk: row for row in lock_many(model, wanted)}
    gone = [found[pk].handle if pk in found else str(pk) for pk in wanted if not _is_live(found.get(pk))]
    if gone:
        raise Refused(Invalid.RETIRED, {"what": ", ".join(gone)})
    return wanted


def _is_live(row: Configured | Person | None) -> bool:
    return row is not None and row.retired_at is None


def only(changes: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse a slip of the programmer: a column that no change of this kind may name."""
    unknown = set(changes) - allowed
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}")


def _told(columns: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    facts = {key: value for key, value in columns.items() if key not in _FREE_TEXT}
    text = {key: clean_text(value) for key, value in columns.items() if key in _FREE_TEXT and value}
    return facts, text
