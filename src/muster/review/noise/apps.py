"""The noise application."""

from django.apps import AppConfig

from muster.foundation.timeline import refusals
from muster.review.noise.words import REFUSALS


class NoiseConfig(AppConfig):
    """What alerts cost people, and what would calm them."""

    name = "muster.review.noise"
    label = "noise"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register refusals."""
        refusals.register(REFUSALS)
