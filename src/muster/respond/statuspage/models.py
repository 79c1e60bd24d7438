"""Status pages: components, the public face of incidents, and how far the bytes are (R45, design 9)."""

from __future__ import annotations

from django.db import models

from muster.evaluate.models import Incident
from muster.foundation.catalog.models import Configured, Service
from muster.foundation.timeline.models import Recorded


class StatusPage(Configured):
    """One page, known by its slug (its handle). A private one is never put where everybody can read it."""

    subject_kind = "status_page"

    visibility = models.TextField(default="public")


class Component(Recorded):
    """A part of what customers use, as they would name it. `group` gathers some under a heading."""

    subject_kind = "component"

    page = models.ForeignKey(StatusPage, on_delete=models.PROTECT, related_name="components")
    name = models.TextField()
    description = models.TextField(default="")
    group = models.TextField(default="")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="components")
    position = models.IntegerField(default=0)
    state = models.TextField(default="operational")
    state_since = models.DateTimeField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "name"],
                name="component_name_once",
                condition=models.Q(retired_at__isnull=True),
            )
        ]


class PageIncident(Recorded):
    """The public face of an incident, or of trouble that has none; its words are written for customers."""

    subject_kind = "page_incident"

    page = models.ForeignKey(StatusPage, on_delete=models.PROTECT, related_name="incidents")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, null=True, related_name="faces")
    title = models.TextField()
    impact = models.TextField(default="none")
    state = models.TextField(default="investigating")
    started_at = models.DateTimeField()
    created_at = models.DateTimeField()
    monitoring_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "incident"],
                name="one_open_face",
                condition=models.Q(incident__isnull=False, resolved_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["page", "-id"], name="page_incident_page")]


class PageUpdate(Recorded):
    """One post. `components` holds what it changed: `{component, before, after}`.

    `generation` is the number of the page that shows it: it is live once that one is.
    """

    subject_kind = "page_update"

    page_incident = models.ForeignKey(PageIncident, on_delete=models.PROTECT, related_name="updates")
    state = models.TextField()
    body = models.TextField()
    components = models.JSONField(default=list)
    posted_at = models.DateTimeField()
    generation = models.IntegerField()


class Publication(Recorded):
    """How far the bytes of a page are: each change wants a new generation, `live` is the one readers get.

    Claimed with a lease and a fence (the number of the claim), as deliveries are (design section 7).
    """

    subject_kind = "publication"

    page = models.OneToOneField(StatusPage, on_delete=models.PROTECT, related_name="publication")
    wanted = models.IntegerField(default=0)
    wanted_at = models.DateTimeField(null=True)
    live = models.IntegerField(default=0)
    live_at = models.DateTimeField(null=True)
    digest = models.TextField(default="")
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    reason = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="publication_due", condition=models.Q(due_at__isnull=False))
        ]
