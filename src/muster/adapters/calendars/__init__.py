"""Calendars that say when people are busy."""
