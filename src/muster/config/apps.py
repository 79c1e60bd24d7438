"""Tells the stages, in every process, what the wiring has: they may not look upwards themselves."""

from django.apps import AppConfig

from muster.config import wiring
from muster.detect import source_kinds
from muster.foundation.access import contact_kinds


class WiringConfig(AppConfig):
    """No tables; only the start-up."""

    name = "muster.config"
    label = "wiring"

    def ready(self) -> None:
        """Say which senders are understood, and how people can be reached."""
        source_kinds.register(*wiring.SOURCES)
        contact_kinds.register(*wiring.CONTACT_FORMS)
