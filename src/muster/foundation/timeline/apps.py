"""The timeline application."""

from django.apps import AppConfig


class TimelineConfig(AppConfig):
    """What everything stands on."""

    name = "muster.foundation.timeline"
    label = "timeline"
    default_auto_field = "django.db.models.BigAutoField"
