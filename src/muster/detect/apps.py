"""The detect application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.detect.events import KINDS
from muster.detect.words import REFUSALS
from muster.foundation.timeline import kinds, refusals


class DetectConfig(AppConfig):
    """Stage 1: a signal becomes an alert."""

    name = "muster.detect"
    label = "detect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's event kinds, refusals, section of the configuration and pointers."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        import_string("muster.detect.registration.register")()  # stands on models, ready only now
