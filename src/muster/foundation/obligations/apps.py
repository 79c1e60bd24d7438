"""The obligations application."""

from django.apps import AppConfig

from muster.foundation.obligations.events import KINDS
from muster.foundation.obligations.words import REFUSALS
from muster.foundation.timeline import due, kinds, refusals


class ObligationsConfig(AppConfig):
    """What is owed by when (design section 8)."""

    name = "muster.foundation.obligations"
    label = "obligations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register kinds, refusals and due work (which needs the models)."""
        from muster.foundation.obligations.due import DUE

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        due.register(*DUE)
