"""Plants the fault of a row and tells whether its journey has caught it, for the row's own reason."""

import dataclasses
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from faults.checker import judge, read
from faults.mutants.planting import planted
from faults.peers.row import ByStory, ByTest, Peer
from faults.rig.site import Site

ROOT = Path(__file__).parents[3]
FAILED = 1
"""How pytest ends when tests failed; not when none was found, or it was stopped."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of a row's journey with the fault in the source."""

    row: str
    caught: bool
    told: str
    seconds: float


def catch(row: str, peer: Peer, folder: Path) -> Caught:
    """Plant it, and let the row be shown."""
    began = time.monotonic()
    source = planted(folder, peer.edits)
    shown = peer.shown
    if isinstance(shown, ByTest):
        told = run(shown.test, source)
        caught = told.returncode == FAILED and shown.shows in told.stdout
        return Caught(row, caught, told.stdout[-4000:], time.monotonic() - began)
    named = _tell(shown, source, folder / "site")
    caught = any(text.startswith(f"{shown.invariant}:") and shown.shows in text for text in named)
    return Caught(row, caught, "; ".join(named), time.monotonic() - began)


def run(test: str, source: Path) -> "subprocess.CompletedProcess[str]":
    """One test in a process of its own, with this source."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:warnings", f"tests/{test}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    environment["PYTHONPATH"] = str(source)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _tell(shown: ByStory, source: Path, folder: Path) -> list[str]:
    plan = dataclasses.replace(shown.story.plan, source=source)
    with Site(folder, plan) as site:
        shown.story.tell(site)
        site.dump()
    return [str(violation) for violation in judge(read(folder))]
