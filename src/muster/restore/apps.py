"""The restore application."""

from django.apps import AppConfig


class RestoreConfig(AppConfig):
    """Service is back."""

    name = "muster.restore"
    label = "restore"
    default_auto_field = "django.db.models.BigAutoField"
