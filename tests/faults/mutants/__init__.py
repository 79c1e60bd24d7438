"""Planted faults: edits of a copy of the source, each of which the suite has to catch by name."""
