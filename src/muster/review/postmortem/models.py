"""Postmortems: what we learned from an incident, in the sections of the Standard (R52 to R55)."""

from __future__ import annotations

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.timeline.models import Recorded


class Postmortem(Recorded):
    """One per incident. `fired` holds every reason why it is due, as `{why, fact}`; `reviewers` are ids.

    `author` is whoever first wrote in it. `cause` is a short word of the organisation's own, for reports.
    """

    subject_kind = "postmortem"

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="postmortem")
    state = models.TextField(default="draft")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    reviewers = models.JSONField(default=list)
    fired = models.JSONField(default=list)
    cause = models.TextField(default="")
    drafted_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    meeting_at = models.DateTimeField(null=True)
    meeting_held_at = models.DateTimeField(null=True)
    waived_at = models.DateTimeField(null=True)
    waived_why = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["state", "-id"], name="postmortem_state")]


class PostmortemSection(Recorded):
    """One section that people write. `version` counts its saves: whoever saves says which one they read.

    What each version said stands in the texts of its events.
    """

    subject_kind = "postmortem_section"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="sections")
    key = models.TextField()
    position = models.SmallIntegerField()
    body = models.TextField(default="")
    version = models.IntegerField(default=1)
    edited_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["postmortem", "key"], name="postmortem_section_once")]
