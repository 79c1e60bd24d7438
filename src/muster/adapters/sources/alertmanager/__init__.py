"""Prometheus Alertmanager: its webhook receiver, body version 4."""
