"""`/me`, `/people` and `/tokens`."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from ninja import Query, Router, Status
from pydantic import Field

from muster.core.permissions import Denied as NotAllowed
from muster.core.permissions import Right, Role, decide
from muster.core.refusal import Refused
from muster.foundation.access import commands
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.models import ApiToken, Contact, Person
from muster.foundation.access.queries import contacts_of, person_by_handle
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request, base_url

router = Router(tags=["people"])


class ContactOut(Shown):
    """A way to reach somebody, without its address."""

    name: str
    kind: str
    verified: bool


class PersonOut(Shown):
    """Somebody; `contacts` and `rules` only for themselves and admins, `email` not for stakeholders."""

    handle: str
    name: str
    email: str | None
    role: str
    timezone: str
    retired_at: datetime | None
    contacts: list[ContactOut] | None
    rules: dict[str, Any] | None


class PersonPage(Shown):
    """Newest first."""

    items: list[PersonOut]
    next: str | None


class PersonIn(Body):
    """A new person."""

    handle: str
    name: str = Field(min_length=1, max_length=200)
    role: Role = Role.RESPONDER
    email: str | None = Field(None, max_length=320)
    timezone: str = "UTC"


class PersonChange(Body):
    """What to change; what is absent stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    role: Role | None = None
    email: str | None = Field(None, max_length=320)
    timezone: str | None = None


class InvitationOut(Shown):
    """The one-time link by which somebody makes their account: shown this once."""

    url: str
    expires_at: datetime


class TokenOut(Shown):
    """A token without its secret."""

    id: int
    name: str
    person: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenPage(Shown):
    """Newest first."""

    items: list[TokenOut]
    next: str | None


class TokenIn(Body):
    """A new token, for yourself unless an admin says for whom."""

    name: str = Field("api", min_length=1, max_length=100)
    person: str | None = None
    expires_at: datetime | None = None


class NewToken(Shown):
    """The secret: shown this once."""

    token: str


class PeopleQuery(Paging):
    """Everybody; `active` leaves out those whose access has ended."""

    active: bool = False


@router.get("/me", response=PersonOut)
def me(request: Request) -> dict[str, Any]:
    """Who you are."""
    return _shown(Person.objects.get(pk=request.arrival.actor.id or 0), request)


@router.get("/people", response=PersonPage)
def people(request: Request, asked: Query[PeopleQuery]) -> dict[str, Any]:
    """Everybody, newest first."""
    rows = Person.objects.visible_to(request.arrival.actor)
    if asked.active:
        rows = rows.filter(retired_at__isnull=True)
    return page_of(rows, asked, lambda row: _shown(row, request))


@router.get("/people/{handle}", response=PersonOut)
def person(request: Request, handle: str) -> dict[str, Any]:
    """One person."""
    return _shown(person_by_handle(handle), request)


@router.post("/people", response={201: PersonOut})
def add_person(request: Request, given: PersonIn) -> Status[dict[str, Any]]:
    """Add somebody."""
    arrival = request.arrival
    row = commands.add_person(actor=arrival.actor, at=arrival.at, **given.model_dump())
    return Status(201, _shown(row, request))


@router.patch("/people/{handle}", response=PersonOut)
def change_person(request: Request, handle: str, given: PersonChange) -> dict[str, Any]:
    """Change somebody; yourself but for the role."""
    arrival = request.arrival
    changes = given.model_dump(exclude_unset=True, exclude_none=True)
    found = person_by_handle(handle)
    return _shown(commands.change_person(found.pk, changes, actor=arrival.actor, at=arrival.at), request)


@router.post("/people/{handle}/end-access", response=PersonOut)
def end_access(request: Request, handle: str) -> dict[str, Any]:
    """End somebody's sign-in, tokens and grants at once; `leaving` says before what they leave."""
    arrival = request.arrival
    row = commands.end_access(person_by_handle(handle).pk, actor=arrival.actor, at=arrival.at)
    return _shown(row, request)


@router.post("/people/{handle}/restore-access", response=PersonOut)
def restore_access(request: Request, handle: str) -> dict[str, Any]:
    """Let somebody in again; tokens and grants are given anew."""
    arrival = request.arrival
    row = commands.restore_access(person_by_handle(handle).pk, actor=arrival.actor, at=arrival.at)
    return _shown(row, request)


@router.post("/people/{handle}/invitation", response={201: InvitationOut})
def invite(request: Request, handle: str) -> Status[dict[str, Any]]:
    """Make a one-time link for somebody's account or new password; the one before stops working."""
    arrival = request.arrival
    found = person_by_handle(handle)
    secret = commands.invite(found.pk, actor=arrival.actor, at=arrival.at)
    link = base_url(request) + reverse("set_up", args=[secret])
    return Status(201, {"url": link, "expires_at": arrival.at + commands.SETUP_LINK_LASTS})


@router.get("/tokens", response=TokenPage, tags=["tokens"])
def tokens(request: Request, asked: Query[Paging]) -> dict[str, Any]:
    """Your tokens; an admin sees everybody's."""
    actor = request.arrival.actor
    rows = ApiToken.objects.visible_to(actor).select_related("person")
    if isinstance(decide(actor, Right.EDIT_PEOPLE), NotAllowed):
        rows = rows.filter(person_id=actor.id or 0)
    return page_of(rows, asked, _token)


@router.post("/tokens", response={201: NewToken}, tags=["tokens"])
def create_token(request: Request, given: TokenIn) -> Status[dict[str, str]]:
    """Make a token; its secret is in this answer and nowhere else."""
    arrival = request.arrival
    person_id = person_by_handle(given.person).pk if given.person else (arrival.actor.id or 0)
    secret = commands.create_token(
        person_id, actor=arrival.actor, at=arrival.at, name=given.name, expires_at=given.expires_at
    )
    return Status(201, {"token": secret})


@router.delete("/tokens/{token_id}", response={204: None}, tags=["tokens"])
def revoke_token(request: Request, token_id: int) -> Status[None]:
    """Revoke a token at once."""
    if token_id >= 2**63:
        raise Refused(NotFound.TOKEN)
    commands.revoke_token(token_id, actor=request.arrival.actor, at=request.arrival.at)
    return Status(204, None)


def _shown(row: Person, request: Request) -> dict[str, Any]:
    actor = request.arrival.actor
    is_close = not isinstance(decide(actor, Right.EDIT_PEOPLE, own=row.pk), NotAllowed)
    responds = not isinstance(decide(actor, Right.RESPOND, own=row.pk), NotAllowed)
    contacts = contacts_of([row.pk])[row.pk] if is_close else None
    return {
        "handle": row.handle,
        "name": row.name,
        "email": row.email if responds else None,
        "role": row.role,
        "timezone": row.timezone,
        "retired_at": row.retired_at,
        "contacts": None if contacts is None else [_contact(found) for found in contacts],
        "rules": row.rules if is_close else None,
    }


def _contact(row: Contact) -> dict[str, Any]:
    return {"name": row.name, "kind": row.kind, "verified": row.verified_at is not None}


def _token(row: ApiToken) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "person": row.person.handle,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
