"""Who is reached next: policies, running escalations, responders (design section 7)."""

from __future__ import annotations

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Configured, Team
from muster.foundation.timeline.models import Recorded


class Policy(Configured):
    """An escalation policy; `spec` holds `steps`, `repeat`, `then_after` as in configuration, keys as ids.

    `turns` is the number of each person's latest turn, for steps that take each alert to the next one.
    """

    subject_kind = "policy"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="policies", null=True)
    spec = models.JSONField()
    version = models.IntegerField(default=1)
    turns = models.JSONField(default=dict, db_default={})


class PolicyVersion(Recorded):
    """What a policy said, for ever; escalations point to the one they run."""

    subject_kind = "policy_version"

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    spec = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")]


class Escalation(Recorded):
    """A ladder that is climbed until somebody answers. `about` is `group:7` or `call:7`.

    It runs its own snapshot of the policy: an edit does not change a running escalation. `held_until`: it
    began while hours were closed and what it is about could wait; nobody was paged before they opened.
    """

    subject_kind = "escalation"

    about = models.TextField()
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    policy_version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    snapshot = models.JSONField()
    urgency = models.TextField()
    sev1 = models.BooleanField(default=False)
    why = models.TextField(default="")
    state = models.TextField()
    epoch = models.IntegerField()
    round = models.IntegerField()
    step = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    acknowledged_for = models.DurationField(null=True)
    held_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about"], name="one_running_escalation", condition=models.Q(state="running")
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="escalation_due", condition=models.Q(state="running")),
            models.Index(
                fields=["sev1", "due_at"], name="escalation_due_first", condition=models.Q(state="running")
            ),
            models.Index(fields=["about", "-id"], name="escalation_about"),
            models.Index(
                fields=["about"],
                name="escalation_asks_again",
                condition=models.Q(acknowledged_for__isnull=False),
            ),
        ]


class Responder(Recorded):
    """Somebody who was called to an incident: notified, acknowledged, joined, ready, left (R22)."""

    subject_kind = "responder"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="responders")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    state = models.TextField()
    notified_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="responder_once")]
