"""What a run of the fault tests has shown, as one table: `python -m faults.report FOLDER`.

The folder is the one that MUSTER_FAULTS_RESULTS named during the run. `make faults` prints this at its end.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Facts = dict[str, Any]
_COLUMNS = ("cells", "survived", "faults", "lost", "twice", "unexcused", "worst page", "seconds")


def told(folder: Path) -> str:
    """The whole report."""
    groups, mutants, peers = (_read(folder, kind) for kind in ("group", "mutant", "peer"))
    parts = [_heading(), _table(groups), _providers(folder), _delays(groups), _known(groups), _dead(groups)]
    parts += [_caught("Faults planted, tests/oracles/mutants.md", mutants, "mutant")]
    parts += [_caught("Faults of other tools, tests/oracles/peers.csv", peers, "row")]
    return "\n\n".join(part for part in parts if part)


def _read(folder: Path, kind: str) -> list[Facts]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob(f"{kind}-*.json"))]


def _heading() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return (
        f"Faults, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {done.stdout.strip() or 'unknown'}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"seeds {os.environ.get('SEEDS', '1')}"
    )


def _table(groups: Sequence[Facts]) -> str:
    rows = [(name, _sum([one for one in groups if _name(one) == name])) for name in _names(groups)]
    rows.append(("all", _sum(groups)))
    lines = [("", *_COLUMNS), *((name, *cells) for name, cells in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) if place == 0 else text.rjust(width) for place, (text, width) in ends)
        for ends in (list(enumerate(zip(line, widths, strict=True))) for line in lines)
    )


def _name(group: Facts) -> str:
    """All stories in one line."""
    return "stories" if group["name"].startswith("story") else str(group["name"])


def _names(groups: Iterable[Facts]) -> list[str]:
    return sorted({_name(one) for one in groups}, key=lambda name: (len(name), name))


def _sum(groups: Sequence[Facts]) -> tuple[str, ...]:
    counted = [
        sum(len(one["outcomes"]) for one in groups),
        *(sum(one[what] for one in groups) for what in ("survived", "faults", "lost")),
        *(sum(one[what] for one in groups) for what in ("duplicates", "unexcused")),
    ]
    worst = max((s for one in groups for s in one["worst_delay_s"].values()), default=0.0)
    return (*map(str, counted), f"{worst:.1f} s", f"{sum(one['seconds'] for one in groups):.0f}")


def _providers(folder: Path) -> str:
    """V: what providers do to a page stands in tests of channels, which leave no group."""
    path = folder / "pytest.xml"
    cases = list(ElementTree.parse(path).iter("testcase")) if path.exists() else []
    tried = [one for one in cases if "test_contact_providers" in (one.get("classname") or "")]
    survived = [one for one in tried if not len(one)]
    return f"V: {len(survived)} of {len(tried)} things that providers do survived" if tried else ""


def _delays(groups: Sequence[Facts]) -> str:
    """The slowest first page of each class of fault."""
    return _seconds("Worst page", _worst(groups, "worst_delay_s"))


def _known(groups: Sequence[Facts]) -> str:
    """How long it took until somebody knew."""
    return _seconds("Until somebody knew, or it worked again", _worst(groups, "recovery_s"))


def _worst(groups: Sequence[Facts], what: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for group in groups:
        for kind, seconds in group[what].items():
            found[kind] = max(seconds, found.get(kind, 0.0))
    return found


def _seconds(title: str, found: dict[str, float]) -> str:
    if not found:
        return ""
    return f"{title}: " + ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in sorted(found.items()))


def _dead(groups: Sequence[Facts]) -> str:
    """What did not survive, and what is violated beside the cells."""
    lines = [
        f"{one['cell']}: {'; '.join(one['violations']) or 'the fault never came about'}"
        for group in groups
        for one in group["outcomes"]
        if one["violations"] or not one["came_about"]
    ]
    lines += [f"{group['name']}: {note}" for group in groups for note in group["notes"]]
    return "\n".join(["Did not survive:", *lines]) if lines else ""


def _caught(title: str, found: Sequence[Facts], what: str) -> str:
    if not found:
        return ""
    caught = sorted({one[what] for one in found if one["caught"]}, key=_place)
    missed = sorted({one[what] for one in found if not one["caught"]}, key=_place)
    line = f"{title}: {len(caught)} of {len({one[what] for one in found})} caught: {' '.join(caught)}"
    return line + (f"; MISSED: {' '.join(missed)}" if missed else "")


def _place(name: str) -> tuple[int, str]:
    """M02 before M10, 2b before 10a."""
    digits = "".join(sign for sign in name if sign.isdigit())
    return int(digits or 0), name


if __name__ == "__main__":
    print(told(Path(sys.argv[1])))
