"""healthchecks.io, hosted or by oneself: its webhook integration."""
