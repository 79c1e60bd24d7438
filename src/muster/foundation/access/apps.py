"""The access application."""

from django.apps import AppConfig

from muster.foundation.access.events import KINDS
from muster.foundation.access.words import REFUSALS
from muster.foundation.timeline import kinds, refusals


class AccessConfig(AppConfig):
    """People, sign-in, tokens, roles, grants, audiences."""

    name = "muster.foundation.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's event kinds and refusals."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
