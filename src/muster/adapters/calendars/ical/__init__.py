"""iCalendar files by their address (RFC 5545)."""
