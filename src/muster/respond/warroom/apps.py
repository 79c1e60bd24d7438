"""The warroom application."""

from django.apps import AppConfig


class WarroomConfig(AppConfig):
    """People work together."""

    name = "muster.respond.warroom"
    label = "warroom"
    default_auto_field = "django.db.models.BigAutoField"
