"""The catalog application."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """See design section 3."""

    name = "muster.foundation.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
