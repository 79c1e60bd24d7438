"""A payload at a door, rehearsed: what would become of it, and nothing does (design section 6)."""
