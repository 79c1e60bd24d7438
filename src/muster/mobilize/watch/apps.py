"""The auditor's application."""

from django.apps import AppConfig

from muster.foundation.timeline import kinds
from muster.mobilize.watch.events import KINDS


class WatchConfig(AppConfig):
    """Who ought to have been paged by now, recomputed from what is stored; who is told when we are down."""

    name = "muster.mobilize.watch"
    label = "watch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this part's event kinds; its due work needs channels, see the wiring."""
        kinds.register(*KINDS)
