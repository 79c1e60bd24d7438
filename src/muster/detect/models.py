"""Stage 1: a signal becomes an alert (design section 5)."""

from __future__ import annotations

from typing import Any

from django.db import models

from muster.core.heartbeats import BeatState
from muster.core.lifecycle import AlertState
from muster.foundation.access.fields import SealedJSONField
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.models import Recorded, database_now

HEARTBEAT_KIND = "heartbeat"
"""The kind of integration that belongs to a heartbeat: its key is the address to ping."""


class Integration(Recorded):
    """One sender's way in. Only the hash of its key is stored; a rotated key works for 24 h more.

    `mapping` is what its owner told it, `sealed` the secret part of that, encrypted.
    """

    subject_kind = "integration"
    touched = frozenset({"last_seen_at"})

    handle = models.TextField(unique=True)
    kind = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="integrations")
    key_hash = models.BinaryField(unique=True)
    old_key_hash = models.BinaryField(null=True)
    old_key_until = models.DateTimeField(null=True)
    mapping = models.JSONField(default=dict)
    sealed: Any = SealedJSONField(null=True)
    made_by = models.TextField(default="hand")
    last_seen_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["old_key_hash"],
                name="integration_old",
                condition=models.Q(old_key_hash__isnull=False),
            )
        ]


class Heartbeat(Recorded):
    """A job that ought to report: its integration is the sender of its alert, and has its handle, home
    service and key, and says whether it is retired.

    Pings touch it, for they come all day; an event is written when its state changes. `since` is when its
    clock began to run (see `core.heartbeats.Beat`), `due_at` when an alert opens unless it reports. `pings`
    numbers what was heard.
    """

    subject_kind = "heartbeat"
    touched = frozenset({"since", "started_at", "took", "spared_until", "last_ping_at", "due_at", "pings"})

    integration = models.OneToOneField(Integration, on_delete=models.PROTECT, related_name="heartbeat")
    name = models.TextField()
    description = models.TextField(default="")
    schedule = models.TextField()
    timezone = models.TextField()
    grace = models.DurationField()
    severity = models.TextField()
    message = models.TextField(default="")
    labels = models.JSONField(default=dict)
    tags = models.JSONField(default=list)
    made_by = models.TextField(default="hand")
    state = models.TextField(choices=[(state, state) for state in BeatState])
    since = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    took = models.DurationField(null=True)
    spared_until = models.DateTimeField(null=True)
    last_ping_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    pings = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="heartbeat_due", condition=models.Q(due_at__isnull=False))
        ]

    @property
    def handle(self) -> str:
        """Its name in files and addresses."""
        return self.integration.handle


class Ping(models.Model):
    """What a job said of itself. The last hundred of each heartbeat are kept: the newest takes the place of
    the oldest (`slot`)."""

    id = models.BigAutoField(primary_key=True)
    heartbeat = models.ForeignKey(Heartbeat, on_delete=models.PROTECT, related_name="heard")
    slot = models.SmallIntegerField()
    number = models.BigIntegerField()
    kind = models.TextField()
    at = models.DateTimeField()
    exit_status = models.SmallIntegerField(null=True)
    took = models.DurationField(null=True)
    body = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["heartbeat", "slot"], name="ping_slot")]


class Alert(Recorded):
    """Something that needs a human. At most one is open per (dedup_scope, dedup_key).

    The scope is fixed at the door and never changes; routing changes `service`, not the scope. `unkept`
    counts those of its signals that have no row of their own: identical repeats in a storm. `vendor` is what
    only its sender's protocol knows of it, kept to be read back through it. `holds_until` is the end
    that a sender named who repeats what still holds: without another repeat the alert ends then.
    """

    subject_kind = "alert"
    touched = frozenset({"count", "unkept", "last_seen_at", "fired_at", "holds_until"})
    lock_order = ("dedup_scope", "dedup_key", "pk")  # as `intake_sql` locks those of a batch

    dedup_scope = models.TextField()
    dedup_key = models.TextField()
    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, null=True, db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    state = models.TextField(choices=[(state, state) for state in AlertState])
    severity = models.TextField()
    summary = models.TextField()
    source = models.TextField(default="")
    component = models.TextField(default="")
    labels = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    description = models.TextField(default="", db_default="")
    tags = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    vendor = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    group_key = models.TextField(default="")
    suppressed_by = models.TextField(null=True)
    opened_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    holds_until = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(default="")
    count = models.BigIntegerField(default=1)
    unkept = models.BigIntegerField(default=0)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedup_scope", "dedup_key"],
                name="one_open_alert",
                condition=~models.Q(state="resolved"),
            )
        ]
        indexes = [
            models.Index(fields=["-id"], name="alert_open", condition=~models.Q(state="resolved")),
            models.Index(fields=["service", "-id"], name="alert_service"),
            models.Index(fields=["dedup_scope", "dedup_key", "-id"], name="alert_key"),
            models.Index(
                fields=["holds_until"],
                name="alert_holds",
                condition=models.Q(holds_until__isnull=False) & ~models.Q(state="resolved"),
            ),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this alert."""
        return f"ALR-{self.pk}"


class ChangeEvent(Recorded):
    """What was done to a service on purpose: a deployment, a release, a switch (R36).

    Told by a sender (`integration`), or by a person or their token. `changed_at` is the time that they named,
    or when we heard of it.
    """

    subject_kind = "change_event"

    integration = models.ForeignKey(
        Integration, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="changes", db_index=False)
    dedup_key = models.TextField()
    summary = models.TextField()
    source = models.TextField(default="")
    links = models.JSONField(default=list)
    labels = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["service", "-changed_at"], name="change_service"),
            models.Index(fields=["integration", "dedup_key"], name="change_key"),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this change."""
        return f"CHG-{self.pk}"


class Signal(models.Model):
    """One thing a sender said, kept as it came, with its one disposition (partitioned by day)."""

    pk = models.CompositePrimaryKey("id", "received_at")
    id = models.BigIntegerField()
    received_at = models.DateTimeField(db_default=database_now())
    integration = models.ForeignKey(Integration, on_delete=models.DO_NOTHING, db_constraint=False)
    alert = models.ForeignKey(Alert, on_delete=models.DO_NOTHING, db_constraint=False, null=True)
    action = models.TextField()
    dedup_key = models.TextField()
    disposition = models.TextField()
    reason = models.TextField()
    raw = models.JSONField()

    class Meta:
        managed = False
        db_table = "detect_signal"


class Letter(models.Model):
    """A letter that was taken: it is known again by its mark, however often it is read."""

    mark = models.BinaryField(primary_key=True)
    taken_at = models.DateTimeField(db_default=database_now())

    class Meta:
        indexes = [models.Index(fields=["taken_at"], name="letter_taken")]


class SignalDay(Recorded):
    """A part of the signals' table that was dropped because it was old: what it held is gone for good."""

    subject_kind = "signal_day"

    part = models.TextField()
    last_day = models.DateField(null=True)
    signals = models.BigIntegerField()
    dropped_at = models.DateTimeField()


class Traffic(models.Model):
    """How many signals an integration brought within a span of time, by what became of them.

    Figures for people: `commands.traffic` counts them some seconds after they came, and drops what is old.
    """

    id = models.BigAutoField(primary_key=True)
    integration = models.ForeignKey(
        Integration, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    seconds = models.IntegerField()
    starts_at = models.DateTimeField()
    disposition = models.TextField()
    reason = models.TextField()
    signals = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "seconds", "starts_at", "disposition", "reason"], name="traffic_once"
            )
        ]


class TrafficMark(models.Model):
    """Up to which signal all are counted. There is one row."""

    id = models.SmallIntegerField(primary_key=True)
    signal = models.BigIntegerField()
    received_at = models.DateTimeField()
