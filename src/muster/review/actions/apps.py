"""The actions application."""

from django.apps import AppConfig

from muster.foundation.timeline import kinds, refusals
from muster.review.actions.events import KINDS
from muster.review.actions.words import REFUSALS


class ActionsConfig(AppConfig):
    """What we will do about it."""

    name = "muster.review.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register kinds and refusals."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
