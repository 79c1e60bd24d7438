"""What there is: teams, positions, products, services and their dependencies, customers (design section 3)."""

from __future__ import annotations

from django.db import models

from muster.foundation.timeline.models import Recorded


class Configured(Recorded):
    """A configured thing: its handle is unique per kind for ever, retired ones included; never deleted."""

    handle = models.TextField(unique=True)
    name = models.TextField()
    aliases = models.JSONField(default=list)
    made_by = models.TextField(default="hand")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Team(Configured):
    """A group of people who own services; members and manager are grants on `team:<id>`."""

    subject_kind = "team"

    timezone = models.TextField(default="")
    hours = models.JSONField(default=dict)
    holidays = models.TextField(default="")


class Service(Configured):
    """A thing that alerts attach to. `policy` is the handle of its escalation policy (a later stage's row)."""

    subject_kind = "service"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services", null=True)
    policy = models.TextField(default="")
    urgency = models.TextField(default="by_severity")
    description = models.TextField(default="")
    runbook_url = models.TextField(default="")
    depends_on = models.JSONField(default=list)


class Product(Configured):
    """What customers buy, made of services."""

    subject_kind = "product"

    services = models.JSONField(default=list)


class Customer(Configured):
    """Somebody who depends on services."""

    subject_kind = "customer"

    services = models.JSONField(default=list)


class Position(Configured):
    """A position such as Engineering Director; its holders may be paged as `position:<handle>`."""

    subject_kind = "position"

    holders = models.JSONField(default=list)
