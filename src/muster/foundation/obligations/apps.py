"""The obligations application."""

from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    """See design section 3."""

    name = "muster.foundation.obligations"
    label = "obligations"
    default_auto_field = "django.db.models.BigAutoField"
