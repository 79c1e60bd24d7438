"""Who somebody is, and what they hold: reads of access."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from cryptography.fernet import InvalidToken
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from muster.core.hold import ALWAYS, PersonHours
from muster.core.hours_form import read_hours
from muster.core.paging import ContactRule
from muster.core.permissions import EVERYONE, Actor, ActorKind, Role, Via
from muster.core.plain_form import FormFault
from muster.core.policy_form import read_contact_rules
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.foundation.access.fields import unseal
from muster.foundation.access.models import ApiToken, Contact, Grant, Invitation, Organisation, Person
from muster.foundation.access.reasons import NotFound, SignIn


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who acts and the database's time at which they came: what every command needs."""

    actor: Actor
    at: datetime


_ACTOR = """
    SELECT p.id, p.role, p.retired_at IS NULL, now(),
        ARRAY(SELECT g.role || '@' || g.scope FROM access_grant g
              WHERE g.person_id = p.id AND g.ended_at IS NULL),
        ARRAY(SELECT m.of_audience FROM access_audiencemember m
              WHERE m.person_id = p.id AND m.ended_at IS NULL)
    FROM access_person p WHERE p.{column} = %s
"""


def arrival_of(person_id: int, *, via: Via = Via.SESSION, scope: str | None = None) -> Arrival:
    """Load a person as an actor together with the database's clock, in one query.

    Raises:
        Refused: nobody has this number, or their access has ended.
    """
    return _arrival("id", person_id, via, scope)


def arrival_by_handle(handle: str, *, via: Via = Via.TOKEN) -> Arrival:
    """Load a person by handle; used by commands on the machine itself. Raises `Refused` as `arrival_of`."""
    return _arrival("handle", handle, via, None)


def _arrival(column: str, value: int | str, via: Via, scope: str | None) -> Arrival:
    with connection.cursor() as cursor:
        cursor.execute(_ACTOR.format(column=column), [value])
        row = cursor.fetchone()
    if row is None or not row[2]:
        raise Refused(SignIn.ACCESS_ENDED)
    person_id, role, _, now, grants, audiences = row
    held = [tuple(grant.split("@", 1)) for grant in grants]
    actor = Actor(
        kind=ActorKind.PERSON,
        id=person_id,
        role=Role(role),
        via=via,
        scope=scope,
        teams=frozenset(_ids(held, "team")),
        manages=frozenset(_ids([g for g in held if g[0] == "manager"], "team")),
        incident_roles=frozenset((int(s.partition(":")[2]), r) for r, s in held if s.startswith("incident:")),
        audiences=frozenset({EVERYONE, *audiences}),
    )
    return Arrival(actor, now)


def _ids(held: list[tuple[str, ...]], kind: str) -> list[int]:
    return [int(scope.partition(":")[2]) for _, scope in held if scope.startswith(f"{kind}:")]


def now() -> datetime:
    """The database's clock (the only clock of the product)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


def token_hash(token: str) -> bytes:
    """Tokens are random and long, so one SHA-256 is enough; only this is stored."""
    return hashlib.sha256(token.encode()).digest()


def arrival_of_token(token: str) -> tuple[Arrival, ApiToken]:
    """Load the person of an API token.

    Raises:
        Refused: the token is unknown, revoked or expired, or the person's access has ended.
    """
    found = ApiToken.objects.filter(hash=token_hash(token), revoked_at__isnull=True).first()
    if found is None:
        raise Refused(SignIn.TOKEN_UNKNOWN)
    arrival = arrival_of(found.person_id, via=Via.TOKEN)
    if found.expires_at is not None and found.expires_at <= arrival.at:
        raise Refused(SignIn.TOKEN_EXPIRED)
    return arrival, found


def open_invitation(secret: str, *, at: datetime) -> Invitation:
    """Return the invitation of a one-time link.

    Raises:
        Refused: it is unknown, used or expired.
    """
    found = Invitation.objects.select_related("person").filter(hash=token_hash(secret)).first()
    if found is None or found.used_at is not None or found.expires_at <= at:
        raise Refused(SignIn.LINK_USED)
    return found


def person_by_handle(handle: str) -> Person:
    """Return a person, whether or not their access has ended.

    Raises:
        Refused: nobody has this handle.
    """
    found = Person.objects.filter(handle=handle).first()
    if found is None:
        raise Refused(NotFound.PERSON, {"handle": handle})
    return found


def active_people() -> list[Person]:
    """Everybody whose access has not ended, by name."""
    return list(Person.objects.filter(retired_at__isnull=True).order_by("name", "id"))


def admins() -> list[int]:
    """The ids of every active admin: the fallback when the organisation names none."""
    return list(
        Person.objects.filter(retired_at__isnull=True, role=Role.ADMIN)
        .order_by("id")
        .values_list("id", flat=True)
    )


def contacts_of(person_ids: list[int]) -> dict[int, list[Contact]]:
    """The contact methods in use of each person, in their order."""
    found: dict[int, list[Contact]] = {person_id: [] for person_id in person_ids}
    rows = Contact.objects.filter(person_id__in=person_ids, retired_at__isnull=True).order_by(
        "position", "id"
    )
    for contact in rows:
        found[contact.person_id].append(contact)
    return found


def proved_people(person_ids: Iterable[int]) -> set[int]:
    """Those of these people who have a proved contact in use, for the checks of rotas (engine side).

    No value is opened, so no secret is needed.
    """
    rows = Contact.objects.filter(person_id__in=list(person_ids), retired_at__isnull=True)
    return set(rows.filter(verified_at__isnull=False).values_list("person_id", flat=True))


def targets_of(contact_ids: Iterable[int]) -> dict[int, dict[str, Any] | None]:
    """The values of contacts, each opened by itself; None for one that our secret does not open (engine
    side)."""
    rows = Contact.objects.filter(pk__in=set(contact_ids))
    sealed = rows.annotate(sealed=Cast("target", TextField())).values_list("id", "sealed")
    return {pk: _opened(token) for pk, token in sealed}


def _opened(token: str) -> dict[str, Any] | None:
    try:
        return cast(dict[str, Any], unseal(token))
    except (InvalidToken, msgspec.DecodeError):
        return None


def holders(scope: str, role: str | None = None) -> list[Grant]:
    """The grants in force in one scope, for example `team:3`, oldest first."""
    rows = Grant.objects.select_related("person").filter(scope=scope, ended_at__isnull=True)
    return list((rows.filter(role=role) if role else rows).order_by("id"))


def managers_of(person_ids: Iterable[int]) -> list[int]:
    """The managers of the teams that these people are members of, themselves left out (engine side)."""
    people = list(person_ids)
    teams = Grant.objects.filter(person_id__in=people, role="member", ended_at__isnull=True)
    scopes = list(teams.filter(scope__startswith="team:").order_by("id").values_list("scope", flat=True))
    rows = Grant.objects.filter(scope__in=scopes, role="manager", ended_at__isnull=True).order_by("id")
    found = rows.exclude(person_id__in=people).values_list("person_id", flat=True)
    return list(dict.fromkeys(found))


def leads_of(team_id: int | None) -> list[int]:
    """Who answers for a team: its managers whose access has not ended; without one, every admin (engine
    side)."""
    held = [grant.person for grant in holders(f"team:{team_id}", "manager")] if team_id else []
    return [person.pk for person in held if person.retired_at is None] or admins()


def person_hours(person: Person) -> PersonHours:
    """When somebody wants to hear of what can wait. Hours that cannot be read hold nothing: rather too early
    than never."""
    try:
        return read_hours(person.hours, person.timezone)
    except (FormFault, ValueError):
        return ALWAYS


def hours_of(person_ids: Iterable[int]) -> dict[int, PersonHours]:
    """The same for each of these people (engine side)."""
    return {pk: person_hours(row) for pk, row in Person.objects.in_bulk(list(person_ids)).items()}


def contact_rules(person: Person) -> dict[Urgency, tuple[ContactRule, ...]]:
    """Somebody's contact rules; those that cannot be read count as none: rather too much than nothing."""
    try:
        return read_contact_rules(person.rules)
    except FormFault:
        return {}


def organisation() -> Organisation:
    """The one organisation; made by the first migration."""
    return Organisation.objects.get(pk=1)
