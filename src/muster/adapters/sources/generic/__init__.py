"""Anything that can post JSON or a form; where it keeps what is a mapping."""
