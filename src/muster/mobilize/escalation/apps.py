"""The escalation application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.foundation.timeline import due, kinds, lanes, refusals
from muster.mobilize.escalation.events import KINDS
from muster.mobilize.escalation.words import REFUSALS


class EscalationConfig(AppConfig):
    """Who is reached next."""

    name = "muster.mobilize.escalation"
    label = "escalation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's kinds, refusals, reactions and due work (which need the models)."""
        from muster.mobilize.escalation.due import DUE
        from muster.mobilize.escalation.reactions import REACTIONS

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        lanes.register("mobilize", REACTIONS)
        due.register(*DUE)
        import_string("muster.mobilize.escalation.registration.register")()
