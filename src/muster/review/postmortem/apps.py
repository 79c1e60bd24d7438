"""The postmortem application."""

from django.apps import AppConfig


class PostmortemConfig(AppConfig):
    """What we learned."""

    name = "muster.review.postmortem"
    label = "postmortem"
    default_auto_field = "django.db.models.BigAutoField"
