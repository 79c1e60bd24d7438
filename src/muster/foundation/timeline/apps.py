"""The timeline application."""

from django.apps import AppConfig

from muster.foundation.timeline import kinds
from muster.foundation.timeline.events import KINDS


class TimelineConfig(AppConfig):
    """What everything stands on."""

    name = "muster.foundation.timeline"
    label = "timeline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the timeline's own kinds."""
        kinds.register(*KINDS)
