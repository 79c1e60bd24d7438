"""The only writers of people, contact methods, grants and the organisation."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor, Right, Role, require, system
from muster.core.refusal import Refused
from muster.core.wallclock import zone_names
from muster.foundation.access import checks, contact_kinds
from muster.foundation.access.models import (
    Account,
    ApiToken,
    Contact,
    Grant,
    Invitation,
    Organisation,
    Person,
)
from muster.foundation.access.queries import admins, token_hash
from muster.foundation.access.reasons import Invalid, NotFound, SignIn, Taken
from muster.foundation.access.words import field_problem
from muster.foundation.timeline.audiences import audience_of
from muster.foundation.timeline.pen import command, lock, record

HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SETUP_LINK_LASTS = timedelta(days=7)


@command
def add_person(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    role: Role,
    email: str | None = None,
    timezone: str = "UTC",
    rules: Mapping[str, Any] | None = None,
    hours: Mapping[str, Any] | None = None,
    made_by: str = "hand",
) -> Person:
    """Add somebody to the organisation; they have no way in before an invitation or a password.

    Raises:
        Refused: not an admin, or handle, address, zone or hours are taken or not of the right form.
    """
    require(actor, Right.EDIT_PEOPLE)
    if not HANDLE.fullmatch(handle):
        raise Refused(Invalid.HANDLE, {"handle": handle})
    if Person.objects.filter(handle=handle).exists():
        raise Refused(Taken.HANDLE, {"handle": handle})
    _check_person(email=email, timezone=timezone, besides=None)
    columns = {
        "handle": handle,
        "name": name,
        "email": email,
        "role": Role(role),
        "timezone": timezone,
        "rules": checks.rules(rules or {}),
        "hours": checks.hours(hours or {}, at),
        "made_by": made_by,
        "created_at": at,
    }
    facts: dict[str, Any] = {"handle": handle, "role": Role(role), "timezone": timezone}
    facts |= {"rules": columns["rules"], "hours": columns["hours"]}
    text = {"name": name} | ({"email": email} if email else {})
    return record(Person(), Change("person.added", columns, facts, text), actor=actor, at=at)


def _check_person(*, email: str | None, timezone: str, besides: int | None) -> None:
    if timezone not in zone_names():
        raise Refused(Invalid.TIMEZONE, {"timezone": timezone})
    if email and Person.objects.filter(email__iexact=email).exclude(pk=besides or 0).exists():
        raise Refused(Taken.EMAIL)


_PRIVATE = {"name", "email"}


@command
def change_person(person_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Person:
    """Change name, email, role, timezone, rules or hours; a person may change their own but for the role.

    Raises:
        Refused: not allowed, or a value is taken or not of the right form; the last admin stays one.
    """
    person = lock(Person, person_id)
    require(actor, Right.EDIT_PEOPLE, own=None if "role" in changes else person_id)
    unknown = set(changes) - {"name", "email", "role", "timezone", "rules", "hours", "made_by"}
    if unknown:
        raise ValueError(f"a person has no {sorted(unknown)}")
    wanted = dict(changes)
    if "rules" in wanted:
        wanted["rules"] = checks.rules(wanted["rules"])
    if "hours" in wanted:
        wanted["hours"] = checks.hours(wanted["hours"], at)
    new = {key: value for key, value in wanted.items() if getattr(person, key) != value}
    if not new:
        return person
    _check_person(email=new.get("email"), timezone=new.get("timezone", person.timezone), besides=person.pk)
    if "role" in new:
        new["role"] = Role(new["role"])
        _keep_one_admin(person)
    facts = {
        key: {"before": getattr(person, key), "after": value}
        for key, value in new.items()
        if key not in _PRIVATE
    }
    text = {key: str(value) for key, value in new.items() if key in _PRIVATE}
    changed = record(person, Change("person.changed", new, facts, text), actor=actor, at=at)
    if new.get("email"):
        Account.objects.filter(person=person).update(email=new["email"])
    return changed


def _keep_one_admin(person: Person) -> None:
    if person.role == Role.ADMIN and admins() == [person.pk]:
        raise Refused(Invalid.LAST_ADMIN, {"person": person.handle})


@command
def end_access(person_id: int, *, actor: Actor, at: datetime) -> Person:
    """End somebody's access: sign-in, tokens and grants. What they leave uncovered is `mobilize`'s to check.

    Raises:
        Refused: not an admin, or the last admin.
    """
    require(actor, Right.EDIT_PEOPLE)
    person = lock(Person, person_id)
    if person.retired_at is not None:
        return person
    _keep_one_admin(person)
    for token in ApiToken.objects.filter(person=person, revoked_at__isnull=True):
        _revoke(token, actor, at)
    for grant in Grant.objects.filter(person=person, ended_at__isnull=True):
        _end(grant, actor, at)
    return record(person, Change("person.retired", {"retired_at": at}), actor=actor, at=at)


@command
def restore_access(person_id: int, *, actor: Actor, at: datetime) -> Person:
    """Undo `end_access` but for tokens and grants, which are given anew."""
    require(actor, Right.EDIT_PEOPLE)
    person = lock(Person, person_id)
    if person.retired_at is None:
        return person
    return record(person, Change("person.restored", {"retired_at": None}), actor=actor, at=at)


@command
def put_contact(
    person_id: int,
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    target: Mapping[str, Any],
    name: str = "",
    position: int = 0,
    verified: bool = False,
) -> Contact:
    """Add a contact method or change the one of that name; a changed target must be proved again.

    `verified` is for `apply` and set-up, whose word is taken (design 13).

    Raises:
        Refused: not allowed, a kind that this version lacks, or values that its form refuses.
    """
    require(actor, Right.EDIT_PEOPLE, own=person_id)
    _check_contact(kind, target)
    person = lock(Person, person_id)
    name = name or kind
    found = Contact.objects.filter(person=person, name=name, retired_at__isnull=True).first()
    columns: dict[str, Any] = {"kind": kind, "target": dict(target), "position": position}
    if found is None:
        columns |= {"person": person, "name": name, "verified_at": at if verified else None}
        change = Change("contact.added", columns, {"contact": name, "kind": kind, "person": person.pk})
        return record(Contact(), change, actor=actor, at=at)
    new = {key: value for key, value in columns.items() if getattr(found, key) != value}
    if not new:
        return found
    if "target" in new or "kind" in new:
        new |= {"verified_at": at if verified else None, "stopped": ""}
    change = Change(
        "contact.changed", new, {"contact": name, "kind": kind, "person": person.pk, "what": sorted(new)}
    )
    return record(found, change, actor=actor, at=at)


def _check_contact(kind: str, target: Mapping[str, Any]) -> None:
    form = contact_kinds.form_of(kind)
    if form is None:
        known = ", ".join(one.kind for one in contact_kinds.known())
        raise Refused(NotFound.CONTACT_KIND, {"kind": kind, "known": known})
    wrong = "; ".join(field_problem(problem, name) for name, problem in form.problems(target))
    if wrong:
        raise Refused(Invalid.CONTACT, {"problems": wrong})


@command
def verify_contact(contact_id: int, *, actor: Actor, at: datetime) -> Contact:
    """Mark a contact method as proved: its owner has shown that what we sent arrived."""
    contact = lock(Contact, contact_id)
    require(actor, Right.EDIT_PEOPLE, own=contact.person_id)
    if contact.verified_at is not None:
        return contact
    facts = {"contact": contact.name, "person": contact.person_id}
    columns = {"verified_at": at, "stopped": ""}
    return record(contact, Change("contact.verified", columns, facts), actor=actor, at=at)


@command
def stop_contact(contact_id: int, why: str, *, actor: Actor, at: datetime) -> Contact:
    """Take a contact method out of use because its provider says that it has ended; proving it undoes that.

    `why` is the provider's `FailureReason`.
    """
    require(actor, Right.EDIT_PEOPLE)
    contact = lock(Contact, contact_id)
    if contact.stopped or contact.retired_at is not None:
        return contact
    facts = {"contact": contact.name, "person": contact.person_id, "why": why}
    columns = {"verified_at": None, "stopped": why}
    return record(contact, Change("contact.stopped", columns, facts), actor=actor, at=at)


@command
def retire_contact(contact_id: int, *, actor: Actor, at: datetime) -> Contact:
    """Stop using a contact method."""
    contact = lock(Contact, contact_id)
    require(actor, Right.EDIT_PEOPLE, own=contact.person_id)
    if contact.retired_at is not None:
        return contact
    facts = {"contact": contact.name, "person": contact.person_id}
    return record(contact, Change("contact.retired", {"retired_at": at}, facts), actor=actor, at=at)


@command
def give_grant(person_id: int, role: str, scope: str, *, actor: Actor, at: datetime) -> Grant:
    """Give a role within something. The command that calls this has asked whether the actor may.

    A role in a restricted incident is its audience's to know.
    """
    found = Grant.objects.filter(person_id=person_id, role=role, scope=scope, ended_at__isnull=True).first()
    if found is not None:
        return found
    columns = {"person_id": person_id, "role": role, "scope": scope, "granted_at": at}
    columns["audience_id"] = audience_of(scope)
    facts = {"person": person_id, "role": role, "scope": scope}
    return record(Grant(), Change("grant.given", columns, facts), actor=actor, at=at)


@command
def end_grant(person_id: int, role: str, scope: str, *, actor: Actor, at: datetime) -> None:
    """Take a role within something back; nothing happens when it is not held."""
    for grant in Grant.objects.filter(person_id=person_id, role=role, scope=scope, ended_at__isnull=True):
        _end(grant, actor, at)


def _end(grant: Grant, actor: Actor, at: datetime) -> None:
    facts = {"person": grant.person_id, "role": grant.role, "scope": grant.scope}
    record(grant, Change("grant.ended", {"ended_at": at}, facts), actor=actor, at=at)


@command
def replace_grants(role: str, scope: str, person_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Let exactly these people hold a role within something (a list replaced whole)."""
    held = set(
        Grant.objects.filter(role=role, scope=scope, ended_at__isnull=True).values_list(
            "person_id", flat=True
        )
    )
    for person_id in sorted(held - set(person_ids)):
        end_grant(person_id, role, scope, actor=actor, at=at)
    for person_id in person_ids:
        give_grant(person_id, role, scope, actor=actor, at=at)


@command
def create_token(
    person_id: int, *, actor: Actor, at: datetime, name: str, expires_at: datetime | None = None
) -> str:
    """Make an API token of a person and return it: the only time it is shown."""
    require(actor, Right.EDIT_PEOPLE, own=person_id)
    secret = "mst_" + secrets.token_urlsafe(32)
    columns = {
        "person_id": person_id,
        "name": name,
        "hash": token_hash(secret),
        "expires_at": expires_at,
        "created_at": at,
    }
    record(
        ApiToken(), Change("token.created", columns, {"name": name, "person": person_id}), actor=actor, at=at
    )
    return secret


@command
def revoke_token(token_id: int, *, actor: Actor, at: datetime) -> None:
    """Revoke a token at once."""
    token = ApiToken.objects.filter(pk=token_id).first()
    if token is None:
        raise Refused(NotFound.TOKEN)
    require(actor, Right.EDIT_PEOPLE, own=token.person_id)
    _revoke(token, actor, at)


def _revoke(token: ApiToken, actor: Actor, at: datetime) -> None:
    if token.revoked_at is None:
        facts = {"name": token.name, "person": token.person_id}
        record(token, Change("token.revoked", {"revoked_at": at}, facts), actor=actor, at=at)


@command
def invite(person_id: int, *, actor: Actor, at: datetime, lasts: timedelta = SETUP_LINK_LASTS) -> str:
    """Make a one-time link's secret by which a person makes their account; older ones stop working."""
    require(actor, Right.EDIT_PEOPLE)
    for older in Invitation.objects.filter(person_id=person_id, used_at__isnull=True, expires_at__gt=at):
        record(older, Change("invitation.used", {"expires_at": at}, {"replaced": True}), actor=actor, at=at)
    secret = secrets.token_urlsafe(32)
    columns = {"person_id": person_id, "hash": token_hash(secret), "expires_at": at + lasts}
    record(Invitation(), Change("invitation.created", columns, {"person": person_id}), actor=actor, at=at)
    return secret


@command
def accept_invitation(
    secret: str, *, actor: Actor, at: datetime, name: str, email: str, password: str
) -> Account:
    """Turn the invited person into somebody who can sign in; the link works once.

    The actor is the system ("sign-in"): whoever holds the secret is the invited person. The password has
    been validated by the form.
    """
    found = Invitation.objects.filter(hash=token_hash(secret)).first()
    if found is None or found.used_at is not None or found.expires_at <= at:
        raise Refused(SignIn.LINK_USED)
    invitation = lock(Invitation, found.pk)
    if invitation.used_at is not None:
        raise Refused(SignIn.LINK_USED)
    record(invitation, Change("invitation.used", {"used_at": at}), actor=actor, at=at)
    person = change_person(invitation.person_id, {"name": name, "email": email}, actor=actor, at=at)
    return set_password(person.pk, password, actor=actor, at=at)


@command
def set_password(person_id: int, password: str, *, actor: Actor, at: datetime) -> Account:
    """Give a person an account with this password (already validated), or change it."""
    require(actor, Right.EDIT_PEOPLE, own=person_id)
    person = lock(Person, person_id)
    account = Account.objects.filter(person=person).first() or Account(person=person)
    account.email = person.email or f"{person.handle}@invalid"
    account.set_password(password)
    account.save()
    return account


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What the first start of a data folder prints: the one-time link's secret and an admin token."""

    setup_secret: str
    token: str


@command
def begin_first_run(*, at: datetime) -> FirstRun | None:
    """Make the organisation and the person `admin` with a set-up link and a token; None when it is done."""
    actor = system("first_run")
    if Organisation.objects.filter(pk=1).exists():
        return None
    record(Organisation(), Change("organisation.set_up", {"set_up_at": at}), actor=actor, at=at)
    admin = add_person(actor=actor, at=at, handle="admin", name="Admin", role=Role.ADMIN)
    return FirstRun(
        setup_secret=invite(admin.pk, actor=actor, at=at),
        token=create_token(admin.pk, actor=actor, at=at, name="first run"),
    )


@command
def change_organisation(changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Organisation:
    """Change the organisation's name, timezone, fallback, hours or holidays."""
    require(actor, Right.CONFIGURE)
    row = lock(Organisation, 1)
    new = {key: value for key, value in changes.items() if getattr(row, key) != value}
    if not new:
        return row
    facts = {key: {"before": getattr(row, key), "after": value} for key, value in new.items()}
    return record(row, Change("organisation.changed", new, facts), actor=actor, at=at)
