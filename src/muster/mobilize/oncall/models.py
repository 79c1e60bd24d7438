"""Who is on call: schedules, their versions and overrides (design section 7)."""

from __future__ import annotations

from django.db import models

from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Configured, Team
from muster.foundation.timeline.models import Recorded


class Schedule(Configured):
    """A rota. What it says stands in its versions, so that editing never rewrites the past."""

    subject_kind = "schedule"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules", null=True)
    timezone = models.TextField()


class ScheduleVersion(Recorded):
    """What a schedule says from `valid_from` on, in the form of `core.schedule_form` with persons as ids."""

    subject_kind = "schedule_version"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateTimeField()
    spec = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "valid_from"], name="schedule_version_once")
        ]


class Override(Recorded):
    """Somebody else takes an interval. Times as written: local to the schedule, or with an offset.

    It counts only from `added_at` on and until `retired_at`: what has been never changes (design 7, 13).
    """

    subject_kind = "override"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="overrides")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    start = models.TextField()
    end = models.TextField()
    made_by = models.TextField(default="hand")
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
