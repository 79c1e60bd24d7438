"""The catalog application."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from muster.foundation.catalog.events import KINDS
from muster.foundation.catalog.words import REFUSALS
from muster.foundation.timeline import kinds, refusals


class CatalogConfig(AppConfig):
    """Teams, positions, products, services and their dependencies, customers."""

    name = "muster.foundation.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register event kinds, refusals, what points at what, and the sections of the configuration."""
        kinds.register(*KINDS)
        refusals.register(REFUSALS)
        import_string("muster.foundation.catalog.registration.register")()  # stands on models, ready only now
