"""A small SMTP server of our own."""
