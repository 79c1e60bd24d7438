"""The detect application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.detect.events import KINDS
from muster.detect.words import REFUSALS
from muster.foundation.timeline import due, kinds, refusals


class DetectConfig(AppConfig):
    """Stage 1: a signal becomes an alert."""

    name = "muster.detect"
    label = "detect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register event kinds, refusals, due work, sections of the configuration and pointers."""
        from muster.detect.due import due_works

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        due.register(*due_works())
        import_string("muster.detect.registration.register")()  # stands on models, ready only now
