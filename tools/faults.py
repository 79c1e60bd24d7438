"""The long form of the fault tests, as `make faults` promises: cells, stories, planted faults, then a table.

`SEEDS=5 make faults` runs each group of cells five times. Arguments go to pytest in place of all the tests.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLANTED = ("tests/faults/test_mutants.py", "tests/faults/test_peers.py")
LADDER = "tests/journeys/test_peers_ladder.py"
RUNS = (
    (
        "tests/faults",
        *(f"--ignore={name}" for name in PLANTED),
        "tests/contracts/test_contact_providers.py",
        f"{LADDER}::test_the_story",
        "--junitxml={results}/pytest.xml",
    ),
    (
        *("-n", "3", "--dist", "load"),
        *PLANTED,
        f"{LADDER}::test_the_story_fails_with_the_fault_of_the_other_tool",
    ),
)
"""Cells measure, and have the machine to themselves; what only has to go red mostly waits, and shares it."""


def main() -> None:
    """Exit with pytest's own code. As root, install what moves the clock of a process first."""
    if os.geteuid() == 0:
        subprocess.run(["sh", str(ROOT / "tools" / "deps.sh"), "faketime"], check=False)
    with tempfile.TemporaryDirectory() as results:
        environment = os.environ | {"MUSTER_FAULTS": "long", "MUSTER_FAULTS_RESULTS": results}
        codes = []
        for words in (sys.argv[1:],) if sys.argv[1:] else RUNS:
            command = [sys.executable, "-m", "pytest", *(word.format(results=results) for word in words)]
            codes.append(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
        report = [sys.executable, "-m", "faults.report", results]
        subprocess.run(report, cwd=ROOT, env=environment | {"PYTHONPATH": "tests"}, check=False)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
