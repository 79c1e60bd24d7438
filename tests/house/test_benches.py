"""The measurements can begin: each is imported as `make bench` runs it, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHES = sorted(path for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text())


@pytest.mark.parametrize("path", BENCHES, ids=lambda path: path.stem)
def test_it_finds_what_it_needs(path: Path) -> None:
    """Without Django set up, as nothing sets it up for them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    run = "import runpy, sys; sys.path.insert(0, 'bench'); runpy.run_path(sys.argv[1], run_name='measured')"
    done = subprocess.run(
        [sys.executable, "-c", run, str(path)],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": "tests"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
