"""The only writers of findings and of jumps of the clock."""

from muster.mobilize.watch.commands.clock import record_jump
from muster.mobilize.watch.commands.findings import record_pass

__all__ = ["record_jump", "record_pass"]
