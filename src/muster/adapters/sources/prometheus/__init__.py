"""Prometheus itself, and whatever else posts to an Alertmanager's API: vmalert, Loki, Mimir, amtool."""
