"""Stage 5: what the commander states at the gate (R7, R37)."""

from __future__ import annotations

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.timeline.models import Recorded


class GateTick(Recorded):
    """One check of the gate that a person states to hold, where no row of ours can say so."""

    subject_kind = "gate_tick"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="gate_ticks")
    check_name = models.TextField()
    said_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "check_name"], name="gate_tick_once")]
