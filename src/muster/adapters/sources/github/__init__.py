"""GitHub: deployments and releases, as changes."""
