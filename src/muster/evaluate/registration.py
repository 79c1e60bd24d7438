"""What evaluate tells the registries once its models are ready."""

from muster.evaluate.configuration import RulesSection
from muster.evaluate.due import DUE
from muster.evaluate.reactions import REACTIONS
from muster.foundation.catalog import configuration
from muster.foundation.timeline import due, lanes


def register() -> None:
    """Say that `rules` in the configuration is ours, what we react to, and what is due by the clock."""
    configuration.register(RulesSection())
    lanes.register("evaluate", REACTIONS)
    due.register(*DUE)
