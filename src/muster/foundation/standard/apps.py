"""The standard application."""

from django.apps import AppConfig


class StandardConfig(AppConfig):
    """See design section 3."""

    name = "muster.foundation.standard"
    label = "standard"
    default_auto_field = "django.db.models.BigAutoField"
