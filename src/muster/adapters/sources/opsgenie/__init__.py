"""Opsgenie's Alert API: those who speak it change one URL (wire facts 2)."""
