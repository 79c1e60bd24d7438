"""The `contacts` of a person in the configuration file: `{kind: email, address: ana@example.com}`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from muster.core.ports.contact_form import FieldKind
from muster.core.refusal import Refused
from muster.foundation.access import commands, contact_kinds
from muster.foundation.access.models import Contact
from muster.foundation.access.reasons import Invalid
from muster.foundation.access.words import field_problem
from muster.foundation.catalog.configuration import Applying, Wrong
from muster.foundation.catalog.sections import kept

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
    fields = _fields(values)
    marked = {key for key in _secrets(kind) if kept.is_mark(fields.get(key, ""))}
    for field, problem in form.problems(contact_kinds.typed(form, fields)):
        if field in marked:
            continue
        yield Wrong(f"{path}.{field}", field_problem(problem, field))


def _fields(values: ContactValues) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in _OWN}


def normal(values: ContactValues) -> ContactValues:
    """The same contact in its one spelling: no name where it is the kind, no empty fields."""
    kept = {key: value for key, value in values.items() if value and key != "name"}
    return kept if name_of(values) == values.get("kind") else kept | {"name": name_of(values)}


def written(row: Contact) -> ContactValues:
    """A stored contact as the file has it: of a secret only the mark by which it is known again (I23)."""
    fields = {key: _text(value) for key, value in row.target.items()}
    fields |= {key: kept.mark(fields[key]) for key in _secrets(row.kind) if fields.get(key)}
    return normal({"kind": row.kind, "name": row.name, **fields})


def settled(values: ContactValues, standing: ContactValues | None) -> ContactValues:
    """The same contact in its one spelling; a secret that is stored already is told by its mark."""
    spelled = dict(normal(values))
    for key in _secrets(spelled.get("kind", "")):
        if standing is not None and key in spelled and kept.mark(spelled[key]) == standing.get(key):
            spelled[key] = standing[key]
    return spelled


def _secrets(kind: str) -> list[str]:
    form = contact_kinds.form_of(kind)
    return [field.name for field in form.fields if field.kind is FieldKind.SECRET] if form else []


def _kept(target: dict[str, Any], kind: str, row: Contact | None) -> dict[str, Any]:
    """The values with the stored secret in place of its mark. Raises `Refused` for a mark of none here."""
    for key in _secrets(kind):
        mark = str(target.get(key) or "")
        if kept.is_mark(mark):
            stored = str(row.target.get(key) or "") if row is not None and row.kind == kind else ""
            if not stored or kept.mark(stored) != mark:
                words = _("%(field)s is the mark of a secret that is not stored here: write the secret")
                raise Refused(Invalid.CONTACT, {"problems": words % {"field": key}})
            target[key] = stored
    return target


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def replace_all(person_id: int, listed: Sequence[ContactValues], applying: Applying) -> None:
    """Let these be the person's contacts, verified, in this order; others are retired."""
    wanted = [normal(values) for values in listed]
    names = {name_of(values) for values in wanted}
    rows = {row.name: row for row in Contact.objects.filter(person_id=person_id, retired_at__isnull=True)}
    for row in rows.values():
        if row.name not in names:
            commands.retire_contact(row.pk, actor=applying.actor, at=applying.at)
    for position, values in enumerate(wanted):
        form = contact_kinds.form_of(values["kind"])
        target: dict[str, Any] = contact_kinds.typed(form, _fields(values)) if form else dict(_fields(values))
        commands.put_contact(
            person_id,
            actor=applying.actor,
            at=applying.at,
            kind=values["kind"],
            name=name_of(values),
            target=_kept(target, values["kind"], rows.get(name_of(values))),
            position=position,
            verified=True,
        )
