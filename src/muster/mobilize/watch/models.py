"""What the auditor found, and how it fares itself (design section 7; I25)."""

from __future__ import annotations

from django.db import models

from muster.foundation.timeline.models import Recorded


class Finding(Recorded):
    """One thing that was wrong. `about` is the row it is about (`escalation:7`) or a part of the engine.

    `mended_at` is when the auditor put it right, `ended_at` when it was found wrong no more. `facts` are
    those of the first sight.
    """

    subject_kind = "finding"

    check_name = models.TextField()
    about = models.TextField()
    facts = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "about"],
                name="finding_open_once",
                condition=models.Q(ended_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["-found_at"], name="finding_found")]


class ClockJump(Recorded):
    """The database's clock was set: by how much, and when, by the clock as it is since."""

    subject_kind = "clock_jump"

    by = models.DurationField()
    jumped_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-id"], name="clock_jump_latest")]


class Watch(models.Model):
    """How far the auditor has come; one row (`id` 1), written as it goes. No state of the product.

    `began_at` and `ended_at` are those of the last pass, `clean_at` when the last pass that found nothing
    ended. What must follow from events was seen to follow up to the link `checked_seq`; `head_seq` was the
    newest link at the last pass, `marks` how far each late queue had come. `pinged_at` is when the outside
    watcher last answered, `clock_at` the newest reading of the clock.
    """

    id = models.SmallIntegerField(primary_key=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    clean_at = models.DateTimeField(null=True)
    took_ms = models.IntegerField(null=True)
    found = models.IntegerField(default=0, db_default=0)
    checked_seq = models.BigIntegerField(null=True)
    head_seq = models.BigIntegerField(default=0, db_default=0)
    marks = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    ping_tried_at = models.DateTimeField(null=True)
    pinged_at = models.DateTimeField(null=True)
    ping_error = models.TextField(default="", db_default="")
    clock_at = models.DateTimeField(null=True)
