"""The Standard's versions: immutable once published (design section 8)."""

from django.db import models

from muster.foundation.timeline.models import Recorded


class StandardVersion(Recorded):
    """One published version of the Standard; an incident is bound to one for life."""

    subject_kind = "standard"

    number = models.IntegerField(unique=True)
    body = models.TextField()
    preset = models.TextField(default="")
    published_at = models.DateTimeField()
