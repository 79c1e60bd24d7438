"""`/contact-kinds` and `/people/{handle}/contacts`: how people are reached, each kind by its own form."""

from typing import Any

from ninja import Router, Status
from pydantic import Field

from muster.core.permissions import Right, require
from muster.core.ports.contact_form import ContactForm
from muster.core.refusal import Refused
from muster.foundation.access import commands, contact_kinds
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.queries import contacts_of, person_by_handle
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request

router = Router(tags=["contacts"])


class FieldOut(Shown):
    """One field of a kind of contact."""

    name: str
    kind: str
    label: str
    required: bool
    limit_chars: int
    example: str


class KindOut(Shown):
    """A way of reaching people, as it describes itself."""

    kind: str
    name: str
    fields: list[FieldOut]
    notes: list[str]


class KindPage(Shown):
    """Every kind this version has, by name; complete."""

    items: list[KindOut]
    next: str | None


class OneContact(Shown):
    """A way to reach somebody, with its address but no secret. `stopped` says why it ended, else empty."""

    name: str
    kind: str
    address: str
    verified: bool
    stopped: str


class ContactPage(Shown):
    """In the person's own order; complete."""

    items: list[OneContact]
    next: str | None


class ContactIn(Body):
    """A contact: its kind, the fields of that kind, and a name where it is not the kind."""

    kind: str = Field(max_length=40)
    name: str = Field("", max_length=63)
    values: dict[str, str] = Field(max_length=20)


@router.get("/contact-kinds", response=KindPage)
def list_contact_kinds(request: Request) -> dict[str, Any]:
    """The ways of reaching people, each with the fields it asks for."""
    return {"items": [_kind(form) for form in contact_kinds.known()], "next": None}


@router.get("/people/{handle}/contacts", response=ContactPage)
def list_contacts(request: Request, handle: str) -> dict[str, Any]:
    """How somebody is reached; yourself, or an admin."""
    person = person_by_handle(handle)
    require(request.arrival.actor, Right.EDIT_PEOPLE, own=person.pk)
    return {"items": [_contact(row) for row in contacts_of([person.pk])[person.pk]], "next": None}


@router.put("/people/{handle}/contacts", response=OneContact)
def put_contact(request: Request, handle: str, given: ContactIn) -> dict[str, Any]:
    """Add a contact, or change the one of that name; no page goes there before it is proved."""
    arrival, person = request.arrival, person_by_handle(handle)
    form = contact_kinds.form_of(given.kind)
    target = contact_kinds.typed(form, given.values) if form is not None else given.values
    row = commands.put_contact(
        person.pk,
        actor=arrival.actor,
        at=arrival.at,
        kind=given.kind,
        name=given.name,
        target=target,
        position=len(contacts_of([person.pk])[person.pk]),
    )
    return _contact(row)


@router.delete("/people/{handle}/contacts/{name}", response={204: None})
def retire_contact(request: Request, handle: str, name: str) -> Status[None]:
    """Stop reaching somebody there."""
    arrival = request.arrival
    commands.retire_contact(_named(person_by_handle(handle), name).pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


def _named(person: Person, name: str) -> Contact:
    for row in contacts_of([person.pk])[person.pk]:
        if row.name == name:
            return row
    raise Refused(NotFound.CONTACT)


def _kind(form: ContactForm) -> dict[str, Any]:
    return {
        "kind": form.kind,
        "name": form.name,
        "fields": [
            {
                "name": field.name,
                "kind": field.kind,
                "label": field.label,
                "required": field.required,
                "limit_chars": field.limit_chars,
                "example": field.example,
            }
            for field in form.fields
        ],
        "notes": list(form.notes),
    }


def _contact(row: Contact) -> dict[str, Any]:
    form = contact_kinds.form_of(row.kind)
    address = str(row.target.get(form.address_field, "")) if form is not None else ""
    return {
        "name": row.name,
        "kind": row.kind,
        "address": address,
        "verified": row.verified_at is not None,
        "stopped": row.stopped,
    }
