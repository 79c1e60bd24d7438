"""The evaluate application."""

from django.apps import AppConfig

from muster.evaluate.events import KINDS
from muster.evaluate.words import REFUSALS
from muster.foundation.timeline import due, kinds, lanes, refusals


class EvaluateConfig(AppConfig):
    """Stage 2: an alert becomes a decision."""

    name = "muster.evaluate"
    label = "evaluate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's kinds, refusals, reactions and due work (which need the models)."""
        from muster.evaluate.due import DUE
        from muster.evaluate.reactions import REACTIONS

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        lanes.register("evaluate", REACTIONS)
        due.register(*DUE)
