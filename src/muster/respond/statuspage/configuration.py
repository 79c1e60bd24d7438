"""`status_pages:` of the configuration file (design 13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from muster.core.status_page import Visibility
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.respond.statuspage import commands
from muster.respond.statuspage.commands import Part
from muster.respond.statuspage.models import Component, StatusPage


@dataclass(frozen=True, slots=True)
class ComponentForm:
    """A component: its name and, perhaps, the service behind it."""

    name: str
    service: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class StatusPageForm:
    """A status page; its components are replaced whole when present."""

    slug: str
    name: str | None = None
    visibility: Visibility | None = None
    components: tuple[ComponentForm, ...] | None = None


class StatusPagesSection(Section[StatusPageForm]):
    """Status pages and their components."""

    name = "status_pages"
    form = StatusPageForm
    key = "slug"

    def check(self, wanted: StatusPageForm, names: Names) -> Iterable[Wrong]:
        """The services must be there."""
        for index, part in enumerate(wanted.components or ()):
            if part.service is not None:
                yield from names.wrong("services", part.service, f"components.{index}.service")

    def current(self) -> Mapping[str, Current[StatusPageForm]]:
        """All of them."""
        parts: dict[int, list[ComponentForm]] = {}
        rows = Component.objects.select_related("service").filter(retired_at__isnull=True)
        for row in rows.order_by("position", "id"):
            service = row.service.handle if row.service is not None else None
            parts.setdefault(row.page_id, []).append(ComponentForm(row.name, service, row.group or None))
        return {
            page.handle: Current(
                StatusPageForm(
                    page.handle, page.name, Visibility(page.visibility), tuple(parts.get(page.pk, ()))
                ),
                page.made_by,
                bool(page.retired_at),
                tuple(page.aliases),
            )
            for page in StatusPage.objects.order_by("handle")
        }

    def create(self, wanted: StatusPageForm, applying: Applying) -> None:
        """Make the page with its components."""
        page = commands.add_page(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.slug,
            name=wanted.name or wanted.slug,
            visibility=wanted.visibility or Visibility.PUBLIC,
            made_by="apply",
        )
        self._replace(page, wanted, applying)

    def change(self, handle: str, merged: StatusPageForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        page = by_handle(StatusPage, handle)
        changes: dict[str, Any] = {
            name: getattr(merged, name) for name in ("name", "visibility") if name in fields
        }
        if changes:
            commands.change_page(page.pk, changes, actor=applying.actor, at=applying.at)
        if "components" in fields:
            self._replace(page, merged, applying)

    def retire(self, handle: str, applying: Applying) -> None:
        """Take it out of use."""
        commands.retire_page(by_handle(StatusPage, handle).pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring it back."""
        commands.restore_page(by_handle(StatusPage, handle).pk, actor=applying.actor, at=applying.at)

    def _replace(self, page: StatusPage, form: StatusPageForm, applying: Applying) -> None:
        parts = [
            Part(
                part.name,
                by_handle(Service, part.service).pk if part.service is not None else None,
                part.group or "",
            )
            for part in form.components or ()
        ]
        commands.replace_components(page.pk, parts, actor=applying.actor, at=applying.at)
