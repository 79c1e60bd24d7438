"""The only writers of the catalog."""

from muster.foundation.catalog.commands.parts import (
    add_customer,
    add_position,
    add_product,
    change_customer,
    change_position,
    change_product,
)
from muster.foundation.catalog.commands.retiring import rename, restore, retire
from muster.foundation.catalog.commands.services import add_service, change_service, ensure_reserved
from muster.foundation.catalog.commands.teams import add_team, change_team

__all__ = [
    "add_customer",
    "add_position",
    "add_product",
    "add_service",
    "add_team",
    "change_customer",
    "change_position",
    "change_product",
    "change_service",
    "change_team",
    "ensure_reserved",
    "rename",
    "restore",
    "retire",
]
