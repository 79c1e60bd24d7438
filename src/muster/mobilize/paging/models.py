"""How people are paged: calls, pages and deliveries (design section 7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.access.fields import SealedJSONField
from muster.foundation.access.models import Contact, Person
from muster.foundation.catalog.models import Configured
from muster.foundation.timeline.models import Recorded

TEST_TARGET = "test"
"""What the target of a call begins with that only asks whether a page arrives: `test:email`."""


class Call(Recorded):
    """A call for people that is not about a group of alerts: for an incident's target, or made by hand.

    Its `state` is `triggered` until somebody answers for it; answering one target stops that call only.
    """

    subject_kind = "call"

    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, related_name="calls", db_index=False
    )
    target = models.TextField()
    summary = models.TextField()
    urgency = models.TextField()
    state = models.TextField(default="triggered")
    epoch = models.IntegerField(default=1)
    called_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["incident"], name="call_incident")]

    @property
    def is_test(self) -> bool:
        """Whether it only asks if a page arrives."""
        return self.target.startswith(f"{TEST_TARGET}:")


class Page(Recorded):
    """One step times one person: runs that person's contact rules. `about` is `group:7` or `call:7`.

    `begins_at` is when their rules begin where they wait for the person's hours, `held` why (`HoldReason`).
    """

    subject_kind = "page"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pages")
    about = models.TextField()
    escalation = models.BigIntegerField(null=True)
    epoch = models.IntegerField()
    round = models.IntegerField()
    step = models.IntegerField()
    urgency = models.TextField()
    sev1 = models.BooleanField(default=False)
    why = models.TextField(default="")
    reason = models.TextField()
    started_at = models.DateTimeField()
    begins_at = models.DateTimeField(null=True)
    held = models.TextField(default="", db_default="")
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "epoch", "round", "step", "person"],
                name="page_once",
                condition=models.Q(escalation__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["about", "-id"], name="page_about"),
            models.Index(fields=["person", "-id"], name="page_person"),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this page."""
        return f"PG-{self.pk}"


class Delivery(Recorded):
    """One message to one contact: lease, fence, one stable key; recorded after the send."""

    subject_kind = "delivery"

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="deliveries")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    key = models.TextField(unique=True)
    place = models.SmallIntegerField()
    epoch = models.IntegerField()
    urgency = models.TextField()
    sev1 = models.BooleanField(default=False)
    state = models.TextField(default="queued")
    due_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")
    folded_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="carried")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["kind", "due_at"],
                name="delivery_due",
                condition=models.Q(state__in=["queued", "retrying"]),
            ),
            models.Index(
                fields=["kind", "lease_until"], name="delivery_lease", condition=models.Q(state="sending")
            ),
            models.Index(fields=["contact", "claimed_at"], name="delivery_contact"),
            models.Index(
                fields=["contact", "due_at"],
                name="delivery_waiting",
                condition=models.Q(state__in=["queued", "retrying"]),
            ),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this delivery."""
        return f"DL-{self.pk}"


class Webhook(Configured):
    """A machine that a step of a policy tells. `target` holds address and signing secret, encrypted."""

    subject_kind = "webhook"

    target: Any = SealedJSONField()

    @property
    def host(self) -> str:
        """The host of its address, which may be shown: the rest may be a secret."""
        return urlsplit(str(self.target["url"])).hostname or ""


class Post(Recorded):
    """What one step tells one webhook: lease, fence, one stable key; recorded after the send.

    It is no page: nobody is reached by it, and no ladder waits for it.
    """

    subject_kind = "post"

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="posts")
    about = models.TextField()
    escalation = models.BigIntegerField()
    epoch = models.IntegerField()
    round = models.IntegerField()
    step = models.IntegerField()
    urgency = models.TextField()
    key = models.TextField(unique=True)
    state = models.TextField(default="queued")
    due_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "epoch", "round", "step", "webhook"], name="post_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="post_due", condition=models.Q(state__in=["queued", "retrying"])
            ),
            models.Index(fields=["lease_until"], name="post_lease", condition=models.Q(state="sending")),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this post."""
        return f"PST-{self.pk}"
