"""GitLab: deployments and releases, as changes."""
