"""The postmortem application."""

from django.apps import AppConfig

from muster.foundation.timeline import kinds, lanes, refusals
from muster.review.postmortem.events import KINDS
from muster.review.postmortem.words import REFUSALS


class PostmortemConfig(AppConfig):
    """What we learned."""

    name = "muster.review.postmortem"
    label = "postmortem"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register kinds, refusals and reactions (which need the models)."""
        from muster.review.postmortem.reactions import REACTIONS

        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        lanes.register("review", REACTIONS)
