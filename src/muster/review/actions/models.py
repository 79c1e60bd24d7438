"""Action items: what we will do so that it does not come back (R57)."""

from __future__ import annotations

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.timeline.models import Recorded


class ActionItem(Recorded):
    """One thing that somebody does by a day. `ticket` is how a tracker names it, as people write it.

    It belongs to an incident, and so to its postmortem, which is one per incident.
    """

    subject_kind = "action_item"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="action_items")
    title = models.TextField()
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    tag = models.TextField()
    state = models.TextField(default="open")
    due_at = models.DateTimeField(null=True)
    ticket = models.TextField(default="")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["incident", "id"], name="action_item_incident"),
            models.Index(fields=["due_at"], name="action_item_open", condition=models.Q(state="open")),
        ]

    @property
    def public_id(self) -> str:
        """How people and programs name this action item."""
        return f"ACT-{self.pk}"
