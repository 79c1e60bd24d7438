"""The paging application."""

from django.apps import AppConfig


class PagingConfig(AppConfig):
    """How a person is reached."""

    name = "muster.mobilize.paging"
    label = "paging"
    default_auto_field = "django.db.models.BigAutoField"
