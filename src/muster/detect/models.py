"""Stage 1: a signal becomes an alert (design section 5)."""

from __future__ import annotations

from typing import Any

from django.db import models

from muster.core.lifecycle import AlertState
from muster.foundation.access.fields import SealedJSONField
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.models import Recorded, database_now


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


class Alert(Recorded):
    """Something that needs a human. At most one is open per (dedup_scope, dedup_key).

    The scope is fixed at the door and never changes; routing changes `service`, not the scope. `unkept`
    counts those of its signals that have no row of their own: identical repeats in a storm. `vendor` is what
    only its sender's protocol knows of it, kept to be read back through it.
    """

    subject_kind = "alert"
    touched = frozenset({"count", "unkept", "last_seen_at", "fired_at"})

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
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this alert."""
        return f"ALR-{self.pk}"


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
