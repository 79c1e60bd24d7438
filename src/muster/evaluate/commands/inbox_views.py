"""Views of the alert inbox are saved, changed, taken away and brought back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.inbox import ViewRefusal, check_view
from muster.core.permissions import Actor, ActorKind, Denied, Right, require
from muster.core.refusal import Refused
from muster.core.text import clean_text
from muster.evaluate.models import AlertView
from muster.evaluate.reasons import Evaluate
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Team
from muster.foundation.timeline.pen import command, lock, record

_COLUMNS = ("name", "state", "words", "is_default")


@command
def save_view(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    state: str,
    words: str = "",
    team_id: int | None = None,
    is_default: bool = False,
) -> AlertView:
    """Save filters of the inbox under a name: the person's own, or their team's when `team_id` is given.

    A new default takes the place of the owner's earlier one.

    Raises:
        Refused: not a member or manager of the team; the name is empty, too long or taken; no such state.
    """
    row = AlertView(owner_id=None if team_id is not None else actor.id, team_id=team_id)
    _require_may(row, actor)
    _hold_owner(row)
    said = {"name": clean_text(name.strip()), "state": state, "words": clean_text(words.strip())}
    _check(row, said)
    if is_default:
        _unset_default(row, actor=actor, at=at)
    columns = said | {
        "is_default": is_default,
        "owner_id": row.owner_id,
        "team_id": team_id,
        "made_by_id": actor.id if actor.kind is ActorKind.PERSON else None,
    }
    facts = said | {"is_default": is_default, "team": team_id}
    return record(row, Change("alert_view.saved", columns, facts), actor=actor, at=at)


@command
def change_view(view_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> AlertView:
    """Change its name, state or words, or whether it is the default.

    Raises:
        Refused: as for `save_view`; it is nobody's of theirs, or it was deleted.
    """
    row = _held(view_id, actor)
    if row.retired_at is not None:
        raise Refused(Evaluate.VIEW_DELETED)
    unknown = set(changes) - set(_COLUMNS)
    if unknown:
        raise ValueError(f"a view cannot change {sorted(unknown)}")
    told = {
        name: clean_text(value.strip()) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    new = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not new:
        return row
    _check(row, {name: new.get(name, getattr(row, name)) for name in ("name", "state", "words")})
    if new.get("is_default"):
        _unset_default(row, actor=actor, at=at)
    facts = {name: {"before": getattr(row, name), "after": value} for name, value in new.items()}
    return record(row, Change("alert_view.changed", new, {"name": row.name} | facts), actor=actor, at=at)


@command
def retire_view(view_id: int, *, actor: Actor, at: datetime) -> AlertView:
    """Take a view away. Nothing happens when that was done before.

    Raises:
        Refused: it is nobody's of theirs.
    """
    row = _held(view_id, actor)
    if row.retired_at is not None:
        return row
    change = Change("alert_view.retired", {"retired_at": at}, {"name": row.name})
    return record(row, change, actor=actor, at=at)


@command
def restore_view(view_id: int, *, actor: Actor, at: datetime) -> AlertView:
    """Bring a view back; it is the default again only where there is no other one by now.

    Raises:
        Refused: it is nobody's of theirs; its name is taken by now.
    """
    row = _held(view_id, actor)
    if row.retired_at is None:
        return row
    _check(row, {"name": row.name, "state": row.state, "words": row.words})
    is_default = row.is_default and not _of_owner(row).filter(is_default=True).exists()
    columns = {"retired_at": None, "is_default": is_default}
    return record(row, Change("alert_view.restored", columns, {"name": row.name}), actor=actor, at=at)


def _require_may(row: AlertView, actor: Actor) -> None:
    """Whoever may report saves views of their own, and with their team; the team's manager may, too."""
    if row.team_id is not None and row.team_id not in actor.teams:
        require(actor, Right.EDIT_TEAM, team=row.team_id)
        return
    require(actor, Right.REPORT)
    if row.team_id is None and (actor.kind is not ActorKind.PERSON or row.owner_id != actor.id):
        raise Refused(Denied.NOT_SIGNED_IN if actor.id is None else Evaluate.VIEW_NOT_FOUND)


def _held(view_id: int, actor: Actor) -> AlertView:
    """The view and its owner, locked, if the actor may change it."""
    row = AlertView.objects.visible_to(actor).filter(pk=view_id).first()
    if row is None:
        raise Refused(Evaluate.VIEW_NOT_FOUND)
    _require_may(row, actor)
    _hold_owner(row)
    return lock(AlertView, view_id)


def _hold_owner(row: AlertView) -> None:
    """Lock whose it is: two saves of one owner are done one after the other."""
    if row.team_id is not None:
        lock(Team, row.team_id)
    elif row.owner_id is not None:
        lock(Person, row.owner_id)


def _of_owner(row: AlertView) -> Any:
    """The other views in use of the same owner."""
    rows = AlertView.objects.filter(owner=row.owner_id, team=row.team_id, retired_at__isnull=True)
    return rows.exclude(pk=row.pk)


def _check(row: AlertView, said: Mapping[str, str]) -> None:
    """Raise `Refused` for what cannot be saved."""
    wrong = check_view(said["name"], said["state"], said["words"])
    if wrong is not None:
        raise Refused(wrong, {"state": said["state"][:40]})
    if _of_owner(row).filter(name=said["name"]).exists():
        raise Refused(ViewRefusal.NAME_TAKEN, {"name": said["name"]})


def _unset_default(row: AlertView, *, actor: Actor, at: datetime) -> None:
    for other in _of_owner(row).filter(is_default=True):
        facts = {"name": other.name, "is_default": {"before": True, "after": False}}
        change = Change("alert_view.changed", {"is_default": False}, facts)
        record(lock(AlertView, other.pk), change, actor=actor, at=at)
