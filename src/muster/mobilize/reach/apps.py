"""The application of proved reach."""

from django.apps import AppConfig

from muster.foundation.timeline import due, kinds, lanes, refusals
from muster.mobilize.reach.events import KINDS
from muster.mobilize.reach.words import REFUSALS


class ReachConfig(AppConfig):
    """Proof that people can be reached: codes, test pages, readiness."""

    name = "muster.mobilize.reach"
    label = "reach"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this part's kinds, refusals, reactions and due work (which need the models)."""
        from muster.mobilize.oncall import reachable
        from muster.mobilize.reach.due import DUE
        from muster.mobilize.reach.queries import not_reachable
        from muster.mobilize.reach.reactions import REACTIONS

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        lanes.register("reach", REACTIONS)
        due.register(*DUE)
        reachable.register(not_reachable)
