"""The web application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The shell: sign-in, templates, components, static files."""

    name = "muster.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
