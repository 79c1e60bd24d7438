"""Where answers to our messages come in."""
