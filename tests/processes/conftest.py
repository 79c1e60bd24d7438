"""Folders and servers for tests that start real processes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# PostgreSQL refuses root; any ordinary user will do for a cluster of a test.
ORDINARY_USER = "nobody" if os.geteuid() == 0 else None


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that an ordinary user can enter (a socket's path is limited to 107 bytes)."""
    path = Path(tempfile.mkdtemp(prefix="mp-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)
