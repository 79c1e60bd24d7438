"""New Relic: the webhook of its workflows."""
