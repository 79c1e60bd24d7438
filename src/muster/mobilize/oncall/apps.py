"""The oncall application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.foundation.timeline import due, kinds, refusals
from muster.mobilize.oncall.events import KINDS
from muster.mobilize.oncall.words import REFUSALS


class OncallConfig(AppConfig):
    """Who is on call."""

    name = "muster.mobilize.oncall"
    label = "oncall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this stage's event kinds, refusals, section of the configuration, pointers, due work."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        import_string("muster.mobilize.oncall.registration.register")()  # stands on models, ready only now
        due.register(*import_string("muster.mobilize.oncall.due.DUE"))
