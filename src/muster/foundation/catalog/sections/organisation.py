"""`organisation:` of the configuration file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from muster.foundation.access.commands import change_organisation
from muster.foundation.access.queries import organisation
from muster.foundation.catalog import checks
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.sections import hours as working_hours
from muster.foundation.catalog.sections.hours import HoursForm

_STORED = ("name", "timezone", "fallback", "hours", "holidays")


@dataclass(frozen=True, slots=True)
class OrganisationForm:
    """The one organisation. `fallback`: targets that are paged when nobody else can be found."""

    name: str | None = None
    timezone: str | None = None
    fallback: tuple[str, ...] | None = None
    hours: HoursForm | None = None
    holidays: str | None = None


class OrganisationSection(Section[OrganisationForm]):
    """Always there; only ever changed."""

    name = "organisation"
    form = OrganisationForm
    key = ""
    is_single = True

    def check(self, wanted: OrganisationForm, names: Names) -> Iterable[Wrong]:
        """The fallback's targets must be there."""
        for index, target in enumerate(wanted.fallback or ()):
            yield from names.wrong_target(target, f"fallback.{index}")

    def current(self) -> Mapping[str, Current[OrganisationForm]]:
        """One entry, under the empty handle."""
        row = organisation()
        form = OrganisationForm(
            name=row.name,
            timezone=row.timezone,
            fallback=tuple(row.fallback),
            hours=working_hours.written(row.hours),
            holidays=row.holidays,
        )
        return {"": Current(form, made_by="hand")}

    def create(self, wanted: OrganisationForm, applying: Applying) -> None:
        """Never asked: first run made it."""
        raise NotImplementedError

    def change(
        self, handle: str, merged: OrganisationForm, fields: frozenset[str], applying: Applying
    ) -> None:
        """Change what differs."""
        columns = {
            "name": checks.name(merged.name or ""),
            "timezone": checks.timezone(merged.timezone or "UTC"),
            "fallback": list(merged.fallback or ()),
            "hours": working_hours.stored(merged.hours),
            "holidays": checks.holidays(merged.holidays or ""),
        }
        changes = {key: columns[key] for key in _STORED if key in fields}
        change_organisation(changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Never asked."""
        raise NotImplementedError

    def restore(self, handle: str, applying: Applying) -> None:
        """Never asked."""
        raise NotImplementedError
