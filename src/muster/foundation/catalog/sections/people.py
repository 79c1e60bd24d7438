"""`people:` of the configuration file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from muster.core.permissions import Role
from muster.core.refusal import Refused
from muster.core.wallclock import format_duration, parse_duration
from muster.foundation.access import commands
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.reasons import Invalid
from muster.foundation.catalog import pointers
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.reasons import Retiring
from muster.foundation.catalog.sections import contacts, hours
from muster.foundation.catalog.sections.hours import HoursForm


@dataclass(frozen=True, slots=True)
class RuleForm:
    """`{after: 5m, use: email}`: the wait after the page began, and the name of a contact."""

    use: str
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class RulesForm:
    """What happens for a page of high and of low urgency."""

    high: tuple[RuleForm, ...] = ()
    low: tuple[RuleForm, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonHoursForm:
    """When somebody wants to hear of what can wait: only in `working`, and never in `quiet`."""

    working: tuple[HoursForm, ...] = ()
    quiet: tuple[HoursForm, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonForm:
    """A person. `contacts` given here count as verified (design 13)."""

    handle: str
    name: str | None = None
    email: str | None = None
    role: Role | None = None
    timezone: str | None = None
    contacts: tuple[Mapping[str, str], ...] | None = None
    rules: RulesForm | None = None
    hours: PersonHoursForm | None = None


class PeopleSection(Section[PersonForm]):
    """People, how they are reached, and by which rules."""

    name = "people"
    form = PersonForm

    def check(self, wanted: PersonForm, names: Names) -> Iterable[Wrong]:
        """Contacts are of a kind we know and complete; rules use a contact that is there."""
        if wanted.contacts is None:
            return
        yield from contacts.wrong(wanted.contacts)
        known = {contacts.name_of(values) for values in wanted.contacts}
        rules = wanted.rules or RulesForm()
        for urgency, listed in (("high", rules.high), ("low", rules.low)):
            for index, rule in enumerate(listed):
                if rule.use not in known:
                    words = _("%(use)s is no contact of this person") % {"use": rule.use}
                    yield Wrong(f"rules.{urgency}.{index}.use", words)

    def current(self) -> Mapping[str, Current[PersonForm]]:
        """Everybody, those whose access has ended too."""
        rows: dict[int, list[Contact]] = {}
        for row in Contact.objects.filter(retired_at__isnull=True).order_by("position", "id"):
            rows.setdefault(row.person_id, []).append(row)
        return {
            person.handle: Current(
                _form(person, rows.get(person.pk, [])), person.made_by, person.retired_at is not None
            )
            for person in Person.objects.order_by("handle")
        }

    def merge(self, current: PersonForm, wanted: PersonForm) -> PersonForm:
        """Contacts written shorter, and secrets that are stored already, compare equal."""
        merged = super().merge(current, wanted)
        standing = {contacts.name_of(values): values for values in current.contacts or ()}
        listed = merged.contacts or ()
        settled = (contacts.settled(values, standing.get(contacts.name_of(values))) for values in listed)
        return replace(merged, contacts=tuple(settled))

    def create(self, wanted: PersonForm, applying: Applying) -> None:
        """Add the person with contacts and rules."""
        person = commands.add_person(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            role=wanted.role or Role.RESPONDER,
            email=wanted.email or None,
            timezone=wanted.timezone or "UTC",
            rules=_stored(wanted.rules),
            hours=_stored_hours(wanted.hours),
            made_by="apply",
        )
        contacts.replace_all(person.pk, wanted.contacts or (), applying)
        _check_rules(person, wanted.rules)

    def change(self, handle: str, merged: PersonForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        person = person_by_handle(handle)
        changes: dict[str, Any] = {
            field: getattr(merged, field) for field in fields & {"name", "role", "timezone"}
        }
        if "email" in fields:
            changes["email"] = merged.email or None
        if "rules" in fields:
            changes["rules"] = _stored(merged.rules)
        if "hours" in fields:
            changes["hours"] = _stored_hours(merged.hours)
        commands.change_person(person.pk, changes, actor=applying.actor, at=applying.at)
        if "contacts" in fields:
            contacts.replace_all(person.pk, merged.contacts or (), applying)
        _check_rules(person, merged.rules)

    def retire(self, handle: str, applying: Applying) -> None:
        """End the person's access, unless something live still points at them."""
        person = person_by_handle(handle)
        by = pointers.pointing_at(person)
        if by:
            raise Refused(Retiring.POINTED_AT, {"handle": handle, "by": ", ".join(by)})
        commands.end_access(person.pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Give access again."""
        commands.restore_access(person_by_handle(handle).pk, actor=applying.actor, at=applying.at)


def _form(person: Person, rows: Iterable[Contact]) -> PersonForm:
    return PersonForm(
        handle=person.handle,
        name=person.name,
        email=person.email or "",
        role=Role(person.role),
        timezone=person.timezone,
        contacts=tuple(contacts.written(row) for row in rows),
        rules=_written(person.rules),
        hours=_written_hours(person.hours),
    )


def _stored_hours(given: PersonHoursForm | None) -> dict[str, Any]:
    if given is None:
        return {}
    listed = {"working": given.working, "quiet": given.quiet}
    return {name: [hours.stored(one) for one in windows] for name, windows in listed.items() if windows}


def _written_hours(stored: Mapping[str, Any]) -> PersonHoursForm | None:
    def listed(name: str) -> tuple[HoursForm, ...]:
        return tuple(one for window in stored.get(name, ()) if (one := hours.written(window)) is not None)

    return PersonHoursForm(listed("working"), listed("quiet")) if stored else None


def _stored(rules: RulesForm | None) -> dict[str, Any]:
    if rules is None:
        return {}
    listed = {"high": rules.high, "low": rules.low}
    return {
        urgency: [{"after": format_duration(rule.after), "use": rule.use} for rule in found]
        for urgency, found in listed.items()
        if found
    }


def _written(rules: Mapping[str, Any]) -> RulesForm:
    def listed(urgency: str) -> tuple[RuleForm, ...]:
        return tuple(RuleForm(rule["use"], parse_duration(rule["after"])) for rule in rules.get(urgency, []))

    return RulesForm(listed("high"), listed("low"))


def _check_rules(person: Person, rules: RulesForm | None) -> None:
    used = {rule.use for rule in (*rules.high, *rules.low)} if rules else set()
    rows = Contact.objects.filter(person=person, retired_at__isnull=True)
    if used - set(rows.values_list("name", flat=True)):
        raise Refused(Invalid.RULE_CONTACT)
