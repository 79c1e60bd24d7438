"""The detect application."""

from django.apps import AppConfig


class DetectConfig(AppConfig):
    """A signal becomes an alert."""

    name = "muster.detect"
    label = "detect"
    default_auto_field = "django.db.models.BigAutoField"
