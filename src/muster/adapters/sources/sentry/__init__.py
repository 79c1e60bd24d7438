"""Sentry's internal integrations: issue alerts, metric alerts, and issues that are resolved."""
