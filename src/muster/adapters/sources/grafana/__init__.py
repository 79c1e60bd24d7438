"""Grafana's unified alerting: its webhook contact point."""
