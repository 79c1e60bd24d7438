"""Proof that people can be reached: codes, test pages, and when tests are due (B9)."""

from __future__ import annotations

from django.db import models

from muster.foundation.access.models import Contact
from muster.foundation.timeline.models import Recorded
from muster.mobilize.paging.models import Delivery, Page


class Proof(Recorded):
    """A code sent through a contact. `nonce` makes the code, with the installation's secret (`core.proof`).

    `state`, `due_at`, `attempts`, `fence`, `lease_until`, `accepted_at` and `reason` are those of a delivery:
    it is sent by the same rules. `given_at` is when the right code came back.
    """

    subject_kind = "proof"

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="proofs")
    nonce = models.TextField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    given_at = models.DateTimeField(null=True)
    state = models.TextField(default="queued")
    due_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    fence = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["contact", "-id"], name="proof_contact"),
            models.Index(
                fields=["due_at"],
                name="proof_due",
                condition=models.Q(state__in=["queued", "retrying", "sending"]),
            ),
        ]


class TestPage(Recorded):
    """A page that only asks whether it arrives: one contact, one page, one delivery, on the usual road."""

    subject_kind = "test_page"

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="test_pages")
    page = models.OneToOneField(Page, on_delete=models.PROTECT, related_name="test")
    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="test")
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["contact", "-id"], name="test_page_contact")]


class TestPlan(Recorded):
    """When everybody gets a test page: a weekday (0 is Monday) and an hour of the organisation's. One row.

    `due_at` is the next round, None when it is off; `round_at` the one that runs: who has no test page since
    then still gets one.
    """

    subject_kind = "test_plan"

    weekday = models.SmallIntegerField()
    hour = models.SmallIntegerField()
    every_weeks = models.SmallIntegerField(default=4)
    due_at = models.DateTimeField(null=True)
    round_at = models.DateTimeField(null=True)
