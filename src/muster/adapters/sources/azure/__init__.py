"""Azure Monitor: the common alert schema of its action groups."""
