"""The stories by which planted faults are caught, without any: nothing is violated.

By default the quickest; `make faults` (MUSTER_FAULTS=long) all.
"""

import time
from pathlib import Path

import pytest

from faults.cells.outcome import LONG, SEEDS, Group, summed_up
from faults.checker import judge, read
from faults.rig.faketime import FAKETIME
from faults.rig.site import Site
from faults.stories import Story
from faults.stories.every import QUICK, SLOW

QUICKEST = ("nobody-first", "rebinding", "live-stream", "twins")


@pytest.mark.parametrize("name", {**QUICK, **SLOW} if LONG else QUICKEST)
def test_nothing_is_violated(scratch: Path, name: str) -> None:
    story = {**QUICK, **SLOW}[name]
    if name == "clock-ahead" and FAKETIME is None:
        pytest.skip("needs Debian's faketime")
    for seed in range(1, (SEEDS if LONG else 1) + 1):
        group = tell(story, name, scratch / f"story-{name}-{seed}")
        assert group.notes == []
        assert group.outcomes[0].came_about


def tell(story: Story, name: str, folder: Path) -> Group:
    """Let it run, and judge it."""
    began = time.monotonic()
    with Site(folder, story.plan) as site:
        outcomes = story.tell(site)
        site.dump()
    evidence = read(folder)
    group = summed_up(f"story {name}", outcomes, evidence, {}, time.monotonic() - began)
    group.notes = [str(violation) for violation in judge(evidence)]
    for outcome in outcomes:
        outcome.violations += group.notes
    group.keep()
    return group
