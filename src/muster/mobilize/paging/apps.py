"""The paging application."""

from django.apps import AppConfig

from muster.foundation.catalog import configuration
from muster.foundation.timeline import kinds, refusals
from muster.mobilize.paging.events import KINDS
from muster.mobilize.paging.words import REFUSALS


class PagingConfig(AppConfig):
    """How a person is reached."""

    name = "muster.mobilize.paging"
    label = "paging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's kinds, refusals and section; its due work needs channels, see the wiring."""
        from muster.mobilize.paging.configuration import WebhooksSection

        configuration.register(WebhooksSection())
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
