"""A person's own webhook, in the form of Standard Webhooks."""
