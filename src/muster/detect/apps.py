"""The detect application."""

from django.apps import AppConfig

from muster.detect.events import KINDS
from muster.detect.words import REFUSALS
from muster.foundation.timeline import kinds, refusals


class DetectConfig(AppConfig):
    """Stage 1: a signal becomes an alert."""

    name = "muster.detect"
    label = "detect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's event kinds and refusals."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
