"""The long form of the fault tests, as `make faults` promises: cells, stories, planted faults, then a table.

`SEEDS=5 make faults` runs each group of cells five times. Arguments go to pytest in place of all the tests.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = (
    "tests/faults",
    "tests/contracts/test_contact_providers.py",
    "tests/journeys/test_peers_ladder.py",
)


def main() -> None:
    """Exit with pytest's own code."""
    with tempfile.TemporaryDirectory() as results:
        environment = os.environ | {"MUSTER_FAULTS": "long", "MUSTER_FAULTS_RESULTS": results}
        tests = sys.argv[1:] or TESTS
        command = [sys.executable, "-m", "pytest", f"--junitxml={results}/pytest.xml", *tests]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        report = [sys.executable, "-m", "faults.report", results]
        subprocess.run(report, cwd=ROOT, env=environment | {"PYTHONPATH": "tests"}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
