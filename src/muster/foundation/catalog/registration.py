"""What the catalog tells the registries once its models are ready."""

from muster.foundation.catalog import configuration, pointers, pointing
from muster.foundation.catalog.sections import SECTIONS


def register() -> None:
    """Say what points at what, and which sections of the configuration are ours."""
    pointers.register("person", pointing.at_person)
    pointers.register("team", pointing.at_team)
    pointers.register("service", pointing.at_service)
    pointers.register("policy", pointing.at_policy)
    for kind in ("person", "team", "position", "schedule"):
        pointers.register(kind, pointing.in_fallback)
    configuration.register(*SECTIONS)
