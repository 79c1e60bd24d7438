"""How jobs ping: one address each, as the users of healthchecks.io know it."""
