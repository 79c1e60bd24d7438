"""What there is: teams, positions, products, services and their dependencies, customers (design 3, 13)."""

from __future__ import annotations

from django.db import models

from muster.foundation.timeline.models import Recorded


class Handle(models.Model):
    """Every handle ever given to a configured thing of one kind, so that none is given twice (design 13).

    Rows are only ever added, by `handles.claim`; the things themselves say which of theirs is in use.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    handle = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "handle"], name="handle_once")]


class Configured(Recorded):
    """A configured thing: its handle is unique per kind for ever, retired ones included; never deleted.

    `aliases` are the handles it had before. `made_by` is `hand`, `apply`, `demo` ...: `apply --prune` retires
    only what `apply` made.
    """

    handle = models.TextField(unique=True)
    name = models.TextField()
    aliases = models.JSONField(default=list)
    made_by = models.TextField(default="hand")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.handle


class Team(Configured):
    """A group of people who own services; members and manager are grants on `team:<id>`.

    An empty `timezone`, `hours` or `holidays` means the organisation's.
    """

    subject_kind = "team"

    timezone = models.TextField(default="")
    hours = models.JSONField(default=dict)
    holidays = models.TextField(default="")


class Service(Configured):
    """A thing that alerts attach to.

    `policy` is the handle of its escalation policy (a later stage's row), empty for none. `urgency` is a
    `core.urgency.UrgencySetting`. `depends_on` holds the ids of other services; `hold_when_dependency_down`:
    while one of those is down, its alerts page nobody.
    """

    subject_kind = "service"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services", null=True)
    policy = models.TextField(default="")
    urgency = models.TextField(default="by_severity")
    description = models.TextField(default="")
    runbook_url = models.TextField(default="")
    depends_on = models.JSONField(default=list)
    hold_when_dependency_down = models.BooleanField(default=False, db_default=False)


class Product(Configured):
    """What customers buy: made of `services` (ids)."""

    subject_kind = "product"

    services = models.JSONField(default=list)


class Customer(Configured):
    """Somebody who depends on `services` (ids)."""

    subject_kind = "customer"

    services = models.JSONField(default=list)


class Position(Configured):
    """A position such as Engineering Director; `holders` (ids of people) are paged as `position:<handle>`."""

    subject_kind = "position"

    holders = models.JSONField(default=list)
