"""Replies by e-mail: a small SMTP server of our own."""
