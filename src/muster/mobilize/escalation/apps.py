"""The escalation application."""

from django.apps import AppConfig


class EscalationConfig(AppConfig):
    """Who is reached next."""

    name = "muster.mobilize.escalation"
    label = "escalation"
    default_auto_field = "django.db.models.BigAutoField"
