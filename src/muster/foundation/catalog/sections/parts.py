"""`positions:`, `products:` and `customers:` of the configuration file."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from muster.foundation.access.models import Person
from muster.foundation.access.queries import person_by_handle
from muster.foundation.catalog import commands
from muster.foundation.catalog.configuration import Applying, Current, Form, Names, Section, Wrong
from muster.foundation.catalog.models import Configured, Customer, Position, Product, Service
from muster.foundation.catalog.queries import by_handle, ids_of


@dataclass(frozen=True, slots=True)
class PositionForm:
    """A position; `holders` are people, as `person:cleo`."""

    handle: str
    name: str | None = None
    holders: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ProductForm:
    """A product or a customer: a name and services."""

    handle: str
    name: str | None = None
    services: tuple[str, ...] | None = None


class _PartsSection(Section[Form]):
    model: ClassVar[type[Configured]]

    @abstractmethod
    def _form(self, row: Any, known: Mapping[int, str]) -> Form: ...

    @abstractmethod
    def _known(self) -> Mapping[int, str]: ...

    def current(self) -> Mapping[str, Current[Form]]:
        """All of them."""
        known = self._known()
        return {
            row.handle: Current(self._form(row, known), row.made_by, bool(row.retired_at), tuple(row.aliases))
            for row in self.model.objects.order_by("handle")
        }

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire it."""
        commands.retire(self.model, by_handle(self.model, handle).pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring it back."""
        commands.restore(self.model, by_handle(self.model, handle).pk, actor=applying.actor, at=applying.at)


class PositionsSection(_PartsSection[PositionForm]):
    """Positions and who holds them."""

    name = "positions"
    form = PositionForm
    model = Position

    def check(self, wanted: PositionForm, names: Names) -> Iterable[Wrong]:
        """Holders are people, and there."""
        for index, target in enumerate(wanted.holders or ()):
            yield from names.wrong_target(target, f"holders.{index}", ("person",))

    def create(self, wanted: PositionForm, applying: Applying) -> None:
        """Add the position."""
        commands.add_position(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            holders=_people(wanted.holders or ()),
            made_by="apply",
        )

    def change(self, handle: str, merged: PositionForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes: dict[str, Any] = {"name": merged.name} if "name" in fields else {}
        if "holders" in fields:
            changes["holders"] = _people(merged.holders or ())
        position = by_handle(Position, handle)
        commands.change_position(position.pk, changes, actor=applying.actor, at=applying.at)

    def _known(self) -> Mapping[int, str]:
        return dict(Person.objects.values_list("id", "handle"))

    def _form(self, row: Position, known: Mapping[int, str]) -> PositionForm:
        holders = tuple(f"person:{known[pk]}" for pk in row.holders)
        return PositionForm(row.handle, row.name, holders)


class _MadeOfServices(_PartsSection[ProductForm]):
    form = ProductForm

    def check(self, wanted: ProductForm, names: Names) -> Iterable[Wrong]:
        """The services must be there."""
        for index, handle in enumerate(wanted.services or ()):
            yield from names.wrong("services", handle, f"services.{index}")

    def merge(self, current: ProductForm, wanted: ProductForm) -> ProductForm:
        """Services in the order of their handles."""
        merged = super().merge(current, wanted)
        return replace(merged, services=tuple(sorted(set(merged.services or ()))))

    def _known(self) -> Mapping[int, str]:
        return dict(Service.objects.values_list("id", "handle"))

    def _form(self, row: Product | Customer, known: Mapping[int, str]) -> ProductForm:
        return ProductForm(row.handle, row.name, tuple(sorted(known[pk] for pk in row.services)))

    def _changes(self, merged: ProductForm, fields: frozenset[str]) -> dict[str, Any]:
        changes: dict[str, Any] = {"name": merged.name} if "name" in fields else {}
        if "services" in fields:
            changes["services"] = ids_of(Service, merged.services or ())
        return changes


class ProductsSection(_MadeOfServices):
    """Products."""

    name = "products"
    model = Product

    def create(self, wanted: ProductForm, applying: Applying) -> None:
        """Add the product."""
        commands.add_product(**_new(wanted), actor=applying.actor, at=applying.at)

    def change(self, handle: str, merged: ProductForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes = self._changes(merged, fields)
        row = by_handle(Product, handle)
        commands.change_product(row.pk, changes, actor=applying.actor, at=applying.at)


class CustomersSection(_MadeOfServices):
    """Customers."""

    name = "customers"
    model = Customer

    def create(self, wanted: ProductForm, applying: Applying) -> None:
        """Add the customer."""
        commands.add_customer(**_new(wanted), actor=applying.actor, at=applying.at)

    def change(self, handle: str, merged: ProductForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes = self._changes(merged, fields)
        row = by_handle(Customer, handle)
        commands.change_customer(row.pk, changes, actor=applying.actor, at=applying.at)


def _new(wanted: ProductForm) -> dict[str, Any]:
    services = ids_of(Service, sorted(set(wanted.services or ())))
    return {
        "handle": wanted.handle,
        "name": wanted.name or wanted.handle,
        "services": services,
        "made_by": "apply",
    }


def _people(targets: Iterable[str]) -> list[int]:
    return [person_by_handle(target.partition(":")[2]).pk for target in targets]
