"""A group of cells run on a site of its own, judged, and told."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from faults.cells.outcome import LONG, SEEDS, Group, Outcome, attribute, summed_up
from faults.checker import judge, read
from faults.rig.site import Plan, Site


class Runner(Protocol):
    """Runs cells on a site; its outcomes, and which sender's key belongs to which cell."""

    outcomes: list[Outcome]
    keys: dict[str, str]


def run_group(
    name: str, folder: Path, plan: Plan, make: Callable[[Site, int], Runner], work: Callable[[Runner], None]
) -> list[Group]:
    """Run it with each seed; `make` makes the runner and `work` lets it run."""
    return [
        _run(name, folder / f"{name}-{seed}", plan, lambda site, seed=seed: make(site, seed), work)  # type: ignore[misc]
        for seed in range(1, (SEEDS if LONG else 1) + 1)
    ]


def _run(
    name: str, folder: Path, plan: Plan, make: Callable[[Site], Runner], work: Callable[[Runner], None]
) -> Group:
    began = time.monotonic()
    with Site(folder, plan) as site:
        runner = make(site)
        work(runner)
        site.dump()
    evidence = read(folder)
    rest = attribute(runner.outcomes, judge(evidence), runner.keys)
    group = summed_up(name, runner.outcomes, evidence, runner.keys, time.monotonic() - began)
    group.notes = [str(violation) for violation in rest]
    group.keep()
    return group


def survived(groups: list[Group], cell: str) -> None:
    """Fail with what happened unless the cell survived with every seed."""
    for group in groups:
        outcome = group.outcome(cell)
        assert outcome.survived, str(outcome)


def whole(groups: list[Group]) -> None:
    """Fail when anything is violated that belongs to no cell; print what there is to tell."""
    for group in groups:
        print(f"\n{group}")
        assert group.notes == []
        assert group.duplicates <= group.faults
