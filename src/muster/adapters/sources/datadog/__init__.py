"""Datadog's webhooks, with the template that we publish."""
