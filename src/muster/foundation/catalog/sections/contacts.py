"""The `contacts` of a person in the configuration file: `{kind: email, address: ana@example.com}`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from muster.foundation.access import commands, contact_kinds
from muster.foundation.access.models import Contact
from muster.foundation.access.words import field_problem
from muster.foundation.catalog.configuration import Applying, Wrong

ContactValues = Mapping[str, str]
"""`kind`, `name` when it is another, and the fields of that kind."""

_OWN = frozenset({"kind", "name"})


def name_of(values: ContactValues) -> str:
    """The name by which rules use a contact: its kind unless it says otherwise."""
    return values.get("name") or values.get("kind", "")


def wrong(listed: Sequence[ContactValues]) -> Iterable[Wrong]:
    """Everything wrong with one person's contacts."""
    counted = Counter(name_of(values) for values in listed)
    for index, values in enumerate(listed):
        path = f"contacts.{index}"
        if counted[name_of(values)] > 1:
            words = _("two contacts are called %(name)s; give one of them another name")
            yield Wrong(path, words % {"name": name_of(values)})
        yield from _wrong_values(values, path)


def _wrong_values(values: ContactValues, path: str) -> Iterable[Wrong]:
    kind = values.get("kind", "")
    form = contact_kinds.form_of(kind)
    if form is None:
        known = ", ".join(known.kind for known in contact_kinds.known())
        words = _("this version cannot reach people by %(kind)s; it knows %(known)s")
        yield Wrong(f"{path}.kind", words % {"kind": kind or "?", "known": known})
        return
    for field, problem in form.problems(contact_kinds.typed(form, _fields(values))):
        yield Wrong(f"{path}.{field}", field_problem(problem, field))


def _fields(values: ContactValues) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in _OWN}


def normal(values: ContactValues) -> ContactValues:
    """The same contact in its one spelling: no name where it is the kind, no empty fields."""
    kept = {key: value for key, value in values.items() if value and key != "name"}
    return kept if name_of(values) == values.get("kind") else kept | {"name": name_of(values)}


def written(row: Contact) -> ContactValues:
    """A stored contact as the file has it."""
    fields = {key: _text(value) for key, value in row.target.items()}
    return normal({"kind": row.kind, "name": row.name, **fields})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def replace_all(person_id: int, listed: Sequence[ContactValues], applying: Applying) -> None:
    """Let these be the person's contacts, verified, in this order; others are retired."""
    wanted = [normal(values) for values in listed]
    names = {name_of(values) for values in wanted}
    for row in Contact.objects.filter(person_id=person_id, retired_at__isnull=True):
        if row.name not in names:
            commands.retire_contact(row.pk, actor=applying.actor, at=applying.at)
    for position, values in enumerate(wanted):
        form = contact_kinds.form_of(values["kind"])
        target = contact_kinds.typed(form, _fields(values)) if form else _fields(values)
        commands.put_contact(
            person_id,
            actor=applying.actor,
            at=applying.at,
            kind=values["kind"],
            name=name_of(values),
            target=target,
            position=position,
            verified=True,
        )
