"""Stage 2: an alert becomes a decision, and a decision may become an incident (design section 6)."""

from __future__ import annotations

from django.db import models

from muster.core.inbox import address
from muster.core.lifecycle import AlertState
from muster.detect.models import Alert
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Configured, Service, Team
from muster.foundation.standard.models import StandardVersion
from muster.foundation.timeline.models import Recorded


class Incident(Recorded):
    """An unplanned interruption that people work on. Bound to one version of the Standard for life."""

    subject_kind = "incident"

    title = models.TextField()
    severity = models.TextField()
    severity_reason = models.TextField(default="person")
    impact = models.TextField(default="")
    scope = models.TextField(default="")
    phase = models.TextField()
    phase_since = models.DateTimeField()
    standard = models.ForeignKey(StandardVersion, on_delete=models.PROTECT)
    commander = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    commander_since = models.DateTimeField(null=True)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    declared_via = models.TextField(default="web")
    services = models.JSONField(default=list)
    products = models.JSONField(default=list)
    customers = models.JSONField(default=list)
    flags = models.JSONField(default=list)
    major = models.BooleanField(default=False)
    threat = models.BooleanField(default=False)
    summary = models.TextField(default="")
    impact_started_at = models.DateTimeField(null=True)
    detected_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    declared_at = models.DateTimeField()
    mitigated_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    drill = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["-declared_at"], name="incident_declared")]

    @property
    def public_id(self) -> str:
        """How people and programs name this incident."""
        return f"INC-{self.pk}"


class AlertGroup(Recorded):
    """What is paged: a group of one alert, or of many that the sender or a rule groups.

    The group has a state of its own; `epoch` counts how often people were to be paged afresh. `held_until`:
    it came while its service's hours were closed, could wait, and pages nobody before they open. `held_back`:
    rules or silences hold back all that is open in it.
    """

    subject_kind = "group"

    key = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="groups")
    policy = models.TextField(default="")
    state = models.TextField(choices=[(state, state) for state in AlertState])
    urgency = models.TextField()
    summary = models.TextField()
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, related_name="groups", db_index=False
    )
    epoch = models.IntegerField(default=1)
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    snoozed_until = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    held_back = models.BooleanField(default=False, db_default=False)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], name="one_open_group", condition=~models.Q(state="resolved")
            )
        ]
        indexes = [
            models.Index(fields=["-id"], name="group_open", condition=~models.Q(state="resolved")),
            models.Index(fields=["incident"], name="group_incident"),
            models.Index(
                fields=["snoozed_until"],
                name="group_snoozed",
                condition=models.Q(snoozed_until__isnull=False),
            ),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this group."""
        return f"GRP-{self.pk}"


class Decision(Recorded):
    """What was decided about an alert, step by step with reasons; `group` is None until it pages.

    It is asked anew at `again_at`, when the alert's `count` reaches `again_count`, and when the alert
    `because` of which it is held is over. `changed` holds the fields that event rules set, in the place of
    the sender's.
    """

    subject_kind = "decision"

    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="decision")
    group = models.ForeignKey(AlertGroup, on_delete=models.PROTECT, null=True, related_name="members")
    outcome = models.TextField()
    urgency = models.TextField()
    steps = models.JSONField(default=list)
    decided_at = models.DateTimeField()
    again_at = models.DateTimeField(null=True)
    again_count = models.BigIntegerField(null=True)
    because = models.BigIntegerField(null=True)
    changed = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["again_at"], name="decision_again", condition=models.Q(again_at__isnull=False)
            ),
            models.Index(
                fields=["alert"], name="decision_counts", condition=models.Q(again_count__isnull=False)
            ),
            models.Index(
                fields=["because"], name="decision_because", condition=models.Q(because__isnull=False)
            ),
        ]


class Silence(Recorded):
    """Holds back what it matches until it ends; who made it and why is always said.

    `caught` is how many open alerts, of how many services, it matched when it was made.
    """

    subject_kind = "silence"

    matchers = models.JSONField()
    why = models.TextField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    caught = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["ends_at"], name="silence_ends", condition=models.Q(ended_at__isnull=True))
        ]


class Rule(Configured):
    """A rule of evaluation: what it matches, and by its `kind` what follows (`core.rule_form` reads `spec`).

    Those of one kind stand in order of `position`. After `ends_at` it says nothing any more. `ends` holds the
    ends of planned work that people moved, by its start.
    """

    subject_kind = "rule"

    kind = models.TextField()
    position = models.IntegerField(default=100)
    matchers = models.JSONField(default=list)
    spec = models.JSONField(default=dict)
    why = models.TextField(default="")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    ends_at = models.DateTimeField(null=True)
    ends = models.JSONField(null=True)


class AlertFeedback(Recorded):
    """What one person says of one alert afterwards (`core.noise.Feedback`); empty once they take it back.

    `target` is the service to which it should have gone, where it went to the wrong one.
    """

    subject_kind = "alert_feedback"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="feedback", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    said = models.TextField()
    target = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "person"], name="feedback_once")]


class Route(Recorded):
    """One ordered rule: what it matches goes to this service, policy, urgency, or declares an incident."""

    subject_kind = "route"

    handle = models.TextField(unique=True)
    position = models.IntegerField()
    matchers = models.JSONField(default=list)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True)
    policy = models.TextField(default="")
    urgency = models.TextField(default="")
    declare = models.TextField(default="")
    retired_at = models.DateTimeField(null=True)


class AlertView(Recorded):
    """Filters of the alert inbox under a name, of one person or of one team.

    One of each owner's may be the default. What is retired is shown to nobody and can be brought back.
    """

    subject_kind = "alert_view"

    owner = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.TextField()
    state = models.TextField()
    words = models.TextField(default="")
    is_default = models.BooleanField(default=False)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                name="one_default_view",
                condition=models.Q(is_default=True, retired_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["team"],
                name="one_default_view_of_team",
                condition=models.Q(is_default=True, retired_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="view_name_once",
                condition=models.Q(retired_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["team", "name"],
                name="view_name_once_in_team",
                condition=models.Q(retired_at__isnull=True),
            ),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this view."""
        return f"VW-{self.pk}"

    @property
    def address(self) -> str:
        """Where the inbox shows it."""
        return address(self.state, self.words, view=self.pk)
