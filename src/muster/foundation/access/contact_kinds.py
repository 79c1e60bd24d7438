"""The kinds of contact that this version can reach people by: their forms, told by the wiring at start-up."""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.contact_form import ContactForm, FieldKind

_forms: dict[str, ContactForm] = {}
_YES_NO = {"true": True, "false": False, "yes": True, "no": False}


def register(*forms: ContactForm) -> None:
    """Add kinds of contact; the same kind again replaces its form."""
    _forms.update({form.kind: form for form in forms})


def known() -> list[ContactForm]:
    """Every kind of contact, by name."""
    return sorted(_forms.values(), key=lambda form: form.kind)


def form_of(kind: str) -> ContactForm | None:
    """The form of a kind, or None when this version lacks it."""
    return _forms.get(kind)


def is_read_by_person(kind: str) -> bool:
    """Whether a person reads what goes there, so that it is bundled; a kind that we lack counts as one."""
    form = _forms.get(kind)
    return form is None or form.read_by_person


def typed(form: ContactForm, values: Mapping[str, str]) -> dict[str, Any]:
    """The values as the form means them: `true` of a yes-or-no field becomes True. Others stay text."""
    yes_no = {field.name for field in form.fields if field.kind is FieldKind.YES_NO}
    return {
        name: _YES_NO.get(text.lower(), text) if name in yes_no else text for name, text in values.items()
    }
