"""Products and customers, which are made of services, and positions, which people hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from muster.core.permissions import Actor, Right, require
from muster.foundation.access.models import Person
from muster.foundation.catalog.commands import rows
from muster.foundation.catalog.models import Customer, Position, Product, Service
from muster.foundation.timeline.pen import command, lock


@command
def add_product(
    *, actor: Actor, at: datetime, handle: str, name: str, services: Sequence[int] = (), made_by: str = "hand"
) -> Product:
    """Add a product made of services (ids). Raises `Refused`: not an admin, or the handle is taken."""
    require(actor, Right.CONFIGURE)
    columns = {"handle": handle, "name": name, "services": rows.live(Service, services), "made_by": made_by}
    return rows.add(Product(), columns, actor=actor, at=at)


@command
def change_product(product_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Product:
    """Change name or services (replaced whole). Raises `Refused`: not an admin."""
    require(actor, Right.CONFIGURE)
    rows.only(changes, frozenset({"name", "services"}))
    return rows.change(lock(Product, product_id), _checked(changes), actor=actor, at=at)


@command
def add_customer(
    *, actor: Actor, at: datetime, handle: str, name: str, services: Sequence[int] = (), made_by: str = "hand"
) -> Customer:
    """Add a customer who depends on services (ids). Raises `Refused`: not an admin, or handle taken."""
    require(actor, Right.CONFIGURE)
    columns = {"handle": handle, "name": name, "services": rows.live(Service, services), "made_by": made_by}
    return rows.add(Customer(), columns, actor=actor, at=at)


@command
def change_customer(customer_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Customer:
    """Change name or services (replaced whole). Raises `Refused`: not an admin."""
    require(actor, Right.CONFIGURE)
    rows.only(changes, frozenset({"name", "services"}))
    return rows.change(lock(Customer, customer_id), _checked(changes), actor=actor, at=at)


@command
def add_position(
    *, actor: Actor, at: datetime, handle: str, name: str, holders: Sequence[int] = (), made_by: str = "hand"
) -> Position:
    """Add a position and its holders (ids of people). Raises `Refused`: not an admin, or handle taken."""
    require(actor, Right.CONFIGURE)
    columns = {"handle": handle, "name": name, "holders": rows.live(Person, holders), "made_by": made_by}
    return rows.add(Position(), columns, actor=actor, at=at)


@command
def change_position(position_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Position:
    """Change name or holders (replaced whole). Raises `Refused`: not an admin."""
    require(actor, Right.CONFIGURE)
    rows.only(changes, frozenset({"name", "holders"}))
    return rows.change(lock(Position, position_id), _checked(changes), actor=actor, at=at)


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(changes)
    if "services" in changes:
        checked["services"] = rows.live(Service, changes["services"])
    if "holders" in changes:
        checked["holders"] = rows.live(Person, changes["holders"])
    return checked
