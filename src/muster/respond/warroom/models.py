"""Where people work together: tasks, updates, entries, ticks, the document, handovers (design section 9).

Who holds which role is no table of its own: roles are grants on `incident:<id>` (design section 3).
"""

from __future__ import annotations

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.timeline.models import Recorded


class Task(Recorded):
    """An order given in the room: what, who does it, and by when."""

    subject_kind = "task"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="tasks")
    title = models.TextField()
    assignee = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.TextField(default="open")
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["incident", "id"], name="task_incident")]


class Update(Recorded):
    """One update to one stream of the Standard (internal, executives, external), numbered per incident."""

    subject_kind = "update"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    number = models.IntegerField()
    audience = models.TextField()
    status = models.TextField(default="")
    body = models.TextField()
    next_update_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="update_number_once")]


class Entry(Recorded):
    """A person's sentence on the timeline: a note, a hypothesis, a decision or an action (R20, R36)."""

    subject_kind = "entry"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    kind = models.TextField(default="note")
    body = models.TextField()
    said_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField()
    pinned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["incident", "id"], name="entry_incident")]


class Tick(Recorded):
    """One item of one of the Standard's checklists, done (or undone again) in one incident (R32 to R37)."""

    subject_kind = "tick"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="ticks")
    checklist = models.TextField()
    item = models.TextField()
    done_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "checklist", "item"], name="tick_once")]


class Document(Recorded):
    """What we know, in plain words. Each save is a version; the newest counts (stands in for R31)."""

    subject_kind = "document"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="documents")
    number = models.IntegerField()
    body = models.TextField()
    written_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="document_number_once")]


class Handover(Recorded):
    """Command passes from one person to another, step by step (R28). At most one is under way at a time."""

    subject_kind = "handover"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="handovers")
    outgoing = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    incoming = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    shadow_since = models.DateTimeField()
    report = models.TextField(default="")
    reported_at = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    taken = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], name="one_handover", condition=models.Q(ended_at__isnull=True)
            )
        ]
