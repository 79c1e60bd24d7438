"""The oncall application."""

from django.apps import AppConfig


class OncallConfig(AppConfig):
    """Who is on call."""

    name = "muster.mobilize.oncall"
    label = "oncall"
    default_auto_field = "django.db.models.BigAutoField"
