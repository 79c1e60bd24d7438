"""A row of peers.csv as this suite holds it."""

from dataclasses import dataclass

from faults.mutants.planting import Edit
from faults.stories import Story


@dataclass(frozen=True, slots=True)
class ByTest:
    """A test shows it. With the fault planted it fails, and says `shows`: that is the row's own reason."""

    test: str
    shows: str


@dataclass(frozen=True, slots=True)
class ByStory:
    """A story of processes shows it. With the fault planted the checker names `invariant`, for `shows`."""

    story: Story
    invariant: str
    shows: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A row: how it is shown, the fault that others have, and what of the row is not built yet."""

    fault: str
    edits: tuple[Edit, ...]
    shown: ByTest | ByStory
    lacks: str = ""
