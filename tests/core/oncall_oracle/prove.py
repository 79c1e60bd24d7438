"""Every change of the clocks of 2015 to 2037 in every zone, against java.time: `make oracle` (needs a JDK).

Prints both releases of the zone data, what was compared and what differed, and exits 1 on any mismatch. Zones
whose lists of changes differ between the two releases are named and left out. `--write` also writes
`digests.csv`, which `make test` holds the product against: one zone per distinct behaviour.
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from core.oncall_oracle.product import Change, changes, lines  # noqa: E402
from muster.core.wallclock import TZDATA_VERSION, zone_names  # noqa: E402

MOST_LEFT_OUT = 20


def main() -> int:
    """Run both and compare."""
    release, theirs = _java()
    left_out, differing, compared, instants = [], 0, 0, 0
    digests: dict[tuple[Change, ...], str] = {}
    for name in sorted(zone_names()):
        ours = changes(name)
        if name not in theirs or theirs[name][0] != ours:
            left_out += [name] if ours else []
            continue
        told, said = list(lines(name, one_by_one=True)), theirs[name][1]
        differing += _show(name, told, said)
        compared += len(ours)
        instants += sum(line.count("=") for line in said)
        if ours:
            digests.setdefault(tuple(ours), f"{name},{digest_of_changes(ours)},{digest(said)}")
    print(f"zone data: product {TZDATA_VERSION}, java.time {release}")
    print(f"zones left out, because the releases differ: {len(left_out)} {' '.join(left_out)}")
    print(f"{len(zone_names())} zones, {compared} changes, {len(digests)} distinct behaviours")
    print(f"{instants} instants compared, {differing} lines differ")
    if "--write" in sys.argv:
        rows = ["zone,changes,lines", *sorted(digests.values())]
        (HERE / "digests.csv").write_text("\n".join(rows) + "\n", "ascii")
    return 1 if differing or len(left_out) > MOST_LEFT_OUT or not instants else 0


def digest(said: list[str]) -> str:
    """One number for all lines of a zone."""
    return hashlib.sha256("\n".join(said).encode("ascii")).hexdigest()


def digest_of_changes(found: list[Change]) -> str:
    """One number for a zone's list of changes: where it differs, the releases do."""
    return digest([f"{one.at} {one.before} {one.after}" for one in found])


def _java() -> tuple[str, dict[str, tuple[list[Change], list[str]]]]:
    """The release of java.time's zone data, and the changes and lines of each zone."""
    release, found = "", {}
    for line in _output():
        word, _, rest = line.partition(" ")
        if word == "release":
            release = rest
        elif word == "zone":
            found[rest] = ([], [])
            here = found[rest]
        elif word == "change":
            here[0].append(Change(*map(int, rest.split())))
        else:
            here[1].append(line)
    return release, found


def _output() -> Iterator[str]:
    command = ["java", str(HERE / "OnCallOracle.java")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="ascii") as java:
        assert java.stdout is not None
        for line in java.stdout:
            yield line.rstrip("\n")
    if java.returncode:
        sys.exit("java failed: install a JDK (apt-get install default-jdk-headless)")


def _show(name: str, told: list[str], said: list[str]) -> int:
    """How many lines differ, the first two of each zone shown."""
    wrong = [(ours, theirs) for ours, theirs in zip(told, said, strict=False) if ours != theirs]
    for ours, theirs in wrong[:2]:
        print(f"{name}\n  product {ours}\n  java    {theirs}")
    return len(wrong) + abs(len(told) - len(said))


if __name__ == "__main__":
    sys.exit(main())
