"""The evaluate application."""

from django.apps import AppConfig


class EvaluateConfig(AppConfig):
    """An alert becomes a decision."""

    name = "muster.evaluate"
    label = "evaluate"
    default_auto_field = "django.db.models.BigAutoField"
