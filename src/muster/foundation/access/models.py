"""People and how they get in: persons, accounts, contacts, tokens, grants, audiences (design 3, 10)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from muster.core.permissions import Role
from muster.foundation.access.fields import SealedJSONField
from muster.foundation.timeline.models import Recorded, database_now


class Audience(models.Model):
    """Who may see a row: number 1 is everyone, a restricted incident has its own."""

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()


class Person(Recorded):
    """Somebody who works with Muster. `rules` are contact rules per urgency, replaced whole.

    `hours` say when they want to hear of what can wait (`core.hours_form`), on the wall of their own zone.
    """

    subject_kind = "person"

    handle = models.TextField(unique=True)
    name = models.TextField()
    email = models.EmailField(null=True, max_length=320)
    role = models.TextField(choices=[(role, role) for role in Role])
    timezone = models.TextField(default="UTC")
    rules = models.JSONField(default=dict)
    hours = models.JSONField(default=dict, db_default={})
    made_by = models.TextField(default="hand")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="person_email_once", condition=models.Q(email__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.handle


class AudienceMember(Recorded):
    """A person who may see the rows of a restricted audience, until `ended_at`."""

    subject_kind = "audience_member"

    audience = models.ForeignKey(
        Audience, on_delete=models.PROTECT, related_name="members", db_column="of_audience"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    ended_at = models.DateTimeField(null=True)


class AccountManager(BaseUserManager["Account"]):
    """Accounts are made by commands only."""

    def get_by_natural_key(self, username: str | None) -> Account:
        """Find the account by its e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class Account(AbstractBaseUser):
    """The sign-in of a person: password and second factor, kept by django-allauth."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    email = models.EmailField(unique=True, max_length=320)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = AccountManager()

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """A retired person cannot sign in."""
        return self.person.retired_at is None


class Contact(Recorded):
    """One way to reach a person. `target` holds its values (address, url ...), encrypted.

    `stopped` says why it was taken out of use although it had been proved (`FailureReason`), else empty.
    """

    subject_kind = "contact"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contacts")
    name = models.TextField()
    kind = models.TextField()
    target: Any = SealedJSONField()
    position = models.SmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True)
    stopped = models.TextField(default="", db_default="")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "name"],
                name="contact_name_once",
                condition=models.Q(retired_at__isnull=True),
            )
        ]


class ApiToken(Recorded):
    """A token of a person for the API; only its hash is stored."""

    subject_kind = "token"
    touched = frozenset({"last_used_at"})

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    name = models.TextField()
    hash = models.BinaryField(unique=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()


class Invitation(Recorded):
    """A one-time link by which a person makes an account; the first one is the first admin's."""

    subject_kind = "invitation"

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    hash = models.BinaryField(unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Grant(Recorded):
    """What a person is within something: member or manager of `team:3`, commander of `incident:42`."""

    subject_kind = "grant"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    role = models.TextField()
    scope = models.TextField()
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role", "scope"],
                name="grant_once",
                condition=models.Q(ended_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(
                fields=["scope", "role"], name="grant_scope", condition=models.Q(ended_at__isnull=True)
            )
        ]


class Organisation(Recorded):
    """The one organisation of this installation (row 1)."""

    subject_kind = "organisation"

    name = models.TextField(default="Muster")
    timezone = models.TextField(default="UTC")
    fallback = models.JSONField(default=list)
    hours = models.JSONField(default=dict)
    holidays = models.TextField(default="")
    set_up_at = models.DateTimeField(null=True)
    demo = models.BooleanField(default=False)


class IdempotencyKey(models.Model):
    """The answer given to an API request that named an `Idempotency-Key`, so that a retry gets the same."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    key = models.TextField()
    request_hash = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    at = models.DateTimeField(db_default=database_now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_once")]
