"""Configuration as code across all stages: `muster apply` and `muster export` (design section 13)."""
