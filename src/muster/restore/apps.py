"""The restore application."""

from django.apps import AppConfig

from muster.foundation.timeline import kinds, refusals
from muster.restore.events import KINDS
from muster.restore.words import REFUSALS


class RestoreConfig(AppConfig):
    """Stage 5: service is back."""

    name = "muster.restore"
    label = "restore"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's kinds and refusals."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
