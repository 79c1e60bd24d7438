"""How a person is reached: one folder per channel."""
