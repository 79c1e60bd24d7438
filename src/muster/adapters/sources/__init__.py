"""Who cries: one folder per vendor."""
