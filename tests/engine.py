"""Lets the engine work in a test, without processes: seal, react, then do what is due."""

from muster.foundation.timeline.models import Parked
from muster.foundation.timeline.reactor import react
from muster.foundation.timeline.sealer import seal_all


def settle() -> None:
    """Do everything that waits; no reaction may have failed."""
    while seal_all() or react():
        while react():
            pass
    assert list(Parked.objects.values_list("error", flat=True)) == []
