"""The timeline application."""

from django.apps import AppConfig

from muster.foundation.timeline import due, kinds
from muster.foundation.timeline.events import KINDS
from muster.foundation.timeline.instants import load_quickly


class TimelineConfig(AppConfig):
    """What everything stands on."""

    name = "muster.foundation.timeline"
    label = "timeline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the timeline's own kinds, and the anchoring of its head (which needs the models)."""
        from muster.foundation.timeline.anchors import EVERY_S, anchor_due_head

        load_quickly()
        kinds.register(*KINDS)
        due.register(due.Due("anchor_due_head", due.Pool.BACKGROUND, anchor_due_head, every_s=EVERY_S))
