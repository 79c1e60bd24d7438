"""The warroom application."""

from django.apps import AppConfig

from muster.foundation.timeline import kinds, lanes, refusals
from muster.respond.warroom.events import KINDS
from muster.respond.warroom.words import REFUSALS


class WarroomConfig(AppConfig):
    """Where people work together on an incident."""

    name = "muster.respond.warroom"
    label = "warroom"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's kinds, refusals and reactions (which need the models)."""
        from muster.respond.warroom.reactions import REACTIONS

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        lanes.register("respond", REACTIONS)
