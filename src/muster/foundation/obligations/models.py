"""What is owed by when: one row each, armed, then met, breached, waived or superseded (design section 8)."""

from django.db import models

from muster.foundation.access.models import Person
from muster.foundation.standard.models import StandardVersion
from muster.foundation.timeline.models import Recorded


class Obligation(Recorded):
    """Something owed. `about` is what it is owed on, such as `incident:42`; `incident` its number if any."""

    subject_kind = "obligation"

    kind = models.TextField()
    about = models.TextField()
    incident = models.BigIntegerField(null=True)
    audience = models.TextField(default="")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True)
    version = models.ForeignKey(StandardVersion, on_delete=models.PROTECT, null=True)
    state = models.TextField(default="armed")
    armed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about", "kind", "audience", "person"],
                name="owed_once",
                condition=models.Q(state="armed"),
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="obligation_due", condition=models.Q(state="armed")),
            models.Index(fields=["remind_at"], name="obligation_remind", condition=models.Q(state="armed")),
            models.Index(fields=["incident", "id"], name="obligation_incident"),
            models.Index(fields=["about", "kind"], name="obligation_about"),
        ]
