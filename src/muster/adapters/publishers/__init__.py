"""Where a status page goes: one folder per place."""
