"""Pages and their components: configuration, and the states that people set by hand (R45, design 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.status_page import ComponentState, PageRefusal, Visibility
from muster.foundation.catalog import checks
from muster.foundation.catalog import commands as catalog
from muster.foundation.catalog.commands import rows
from muster.foundation.timeline.pen import command, lock, record
from muster.respond.statuspage.commands.publications import want_publication
from muster.respond.statuspage.models import Component, StatusPage


@command
def add_page(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    visibility: str = Visibility.PUBLIC,
    made_by: str = "hand",
) -> StatusPage:
    """Make a status page. Raises `Refused`: not an admin, or the slug is taken."""
    require(actor, Right.CONFIGURE)
    columns = {
        "handle": handle,
        "name": name,
        "visibility": Visibility(visibility).value,
        "made_by": made_by,
    }
    page = rows.add(StatusPage(), columns, actor=actor, at=at)
    want_publication(page.pk, actor=actor, at=at)
    return page


@command
def change_page(page_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> StatusPage:
    """Change name or visibility. A page that becomes private is taken off. Raises `Refused`: not an admin."""
    require(actor, Right.CONFIGURE)
    rows.only(changes, frozenset({"name", "visibility"}))
    checked = dict(changes)
    if "visibility" in checked:
        checked["visibility"] = Visibility(checked["visibility"]).value
    page = rows.change(lock(StatusPage, page_id), checked, actor=actor, at=at)
    want_publication(page_id, actor=actor, at=at)
    return page


@command
def retire_page(page_id: int, *, actor: Actor, at: datetime) -> StatusPage:
    """Take a page out of use: its bytes are taken off too."""
    page = catalog.retire(StatusPage, page_id, actor=actor, at=at)
    want_publication(page_id, actor=actor, at=at)
    return page


@command
def restore_page(page_id: int, *, actor: Actor, at: datetime) -> StatusPage:
    """Bring a retired page back."""
    page = catalog.restore(StatusPage, page_id, actor=actor, at=at)
    want_publication(page_id, actor=actor, at=at)
    return page


@dataclass(frozen=True, slots=True)
class Part:
    """A component as it is wanted; `service` is an id."""

    name: str
    service: int | None = None
    group: str = ""
    description: str = ""


@command
def replace_components(page_id: int, parts: Sequence[Part], *, actor: Actor, at: datetime) -> None:
    """Let a page have exactly these components, in this order; those that stay keep their state.

    Raises:
        Refused: not an admin, a name is empty, or there is no such page.
    """
    require(actor, Right.CONFIGURE)
    page = lock(StatusPage, page_id)
    known = {row.name: row for row in Component.objects.filter(page_id=page_id, retired_at__isnull=True)}
    for position, part in enumerate(parts):
        name = checks.name(part.name)
        wanted: dict[str, Any] = {
            "name": name,
            "service_id": part.service,
            "group": part.group,
            "description": part.description,
            "position": position,
        }
        row = known.pop(name, None)
        if row is None:
            _add(page, wanted, actor, at)
        else:
            _change(lock(Component, row.pk), wanted, actor, at)
    for row in known.values():
        _retire(lock(Component, row.pk), actor, at)
    want_publication(page_id, actor=actor, at=at)


def _add(page: StatusPage, wanted: dict[str, Any], actor: Actor, at: datetime) -> Component:
    columns = {**wanted, "page_id": page.pk, "state_since": at, "created_at": at}
    facts = {**wanted, "page": page.handle}
    return record(Component(), Change("component.added", columns, facts), actor=actor, at=at)


def _change(row: Component, wanted: dict[str, Any], actor: Actor, at: datetime) -> None:
    new = {key: value for key, value in wanted.items() if getattr(row, key) != value}
    if new:
        facts = {key: {"before": getattr(row, key), "after": value} for key, value in new.items()}
        change = Change("component.changed", new, {**facts, "name": row.name})
        record(row, change, actor=actor, at=at)


def _retire(row: Component, actor: Actor, at: datetime) -> None:
    record(row, Change("component.retired", {"retired_at": at}, {"name": row.name}), actor=actor, at=at)


@command
def set_component_state(component_id: int, state: ComponentState, *, actor: Actor, at: datetime) -> Component:
    """Say how a component is, by hand. Raises `Refused`: not a responder, or there is none."""
    require(actor, Right.PUBLISH_STATUS)
    found = Component.objects.visible_to(actor).filter(pk=component_id, retired_at__isnull=True).first()
    if found is None:
        raise Refused(PageRefusal.COMPONENT_NOT_FOUND)
    row = move_component(found.pk, state, actor=actor, at=at)
    want_publication(row.page_id, actor=actor, at=at)
    return row


@command
def move_component(component_id: int, state: ComponentState, *, actor: Actor, at: datetime) -> Component:
    """Write a component's state; the caller has asked whether one may, and wants the publication."""
    row = lock(Component, component_id)
    if row.state == state:
        return row
    facts = {"name": row.name, "before": row.state, "state": state.value}
    change = Change("component.state_changed", {"state": state.value, "state_since": at}, facts)
    return record(row, change, actor=actor, at=at)
