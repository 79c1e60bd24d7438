"""The statuspage application."""

from django.apps import AppConfig


class StatuspageConfig(AppConfig):
    """Customers are told."""

    name = "muster.respond.statuspage"
    label = "statuspage"
    default_auto_field = "django.db.models.BigAutoField"
