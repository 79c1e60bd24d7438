"""The metrics application."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """How we are doing."""

    name = "muster.review.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"
