"""Whatever speaks to PagerDuty's Events API: version 2, change events and version 1."""
