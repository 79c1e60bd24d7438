"""The standard application."""

from django.apps import AppConfig

from muster.foundation.standard.events import KINDS
from muster.foundation.timeline import kinds


class StandardConfig(AppConfig):
    """The process as data."""

    name = "muster.foundation.standard"
    label = "standard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's event kinds."""
        kinds.register(*KINDS)
