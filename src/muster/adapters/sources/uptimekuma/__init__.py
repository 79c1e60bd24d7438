"""Uptime Kuma: its webhook notification."""
