"""The statuspage application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.foundation.timeline import kinds, refusals
from muster.respond.statuspage.events import KINDS
from muster.respond.statuspage.words import REFUSALS


class StatuspageConfig(AppConfig):
    """What customers and colleagues read."""

    name = "muster.respond.statuspage"
    label = "statuspage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register kinds, refusals, and the section of the configuration (which needs the models)."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        import_string("muster.respond.statuspage.registration.register")()
