"""The web application."""

from django.apps import AppConfig

from muster.foundation.timeline import refusals
from muster.web.configuration.reasons import REFUSALS


class WebConfig(AppConfig):
    """The shell: sign-in, templates, components, static files."""

    name = "muster.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the refusals of what spans all stages."""
        refusals.register(REFUSALS)
