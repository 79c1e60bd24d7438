"""The actions application."""

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    """What we will do about it."""

    name = "muster.review.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"
