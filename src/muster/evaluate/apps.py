"""The evaluate application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.evaluate.events import KINDS
from muster.evaluate.words import REFUSALS
from muster.foundation.timeline import kinds, refusals


class EvaluateConfig(AppConfig):
    """Stage 2: an alert becomes a decision."""

    name = "muster.evaluate"
    label = "evaluate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's kinds, refusals, reactions, due work and section of the configuration."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        import_string("muster.evaluate.registration.register")()  # stands on models, ready only now
