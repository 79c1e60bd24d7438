"""Real PostgreSQL for every test: one server per run, one database per test, copied from a template."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "muster.config.settings",
    "MUSTER_SECRET_KEY": "a key for tests only, not a secret at all",
    "MUSTER_DATABASE_URL": "postgresql:///none?host=/nowhere",
    "MUSTER_DATABASE_ROLE": "muster_app",
}
for name in ("MUSTER_DATA", "MUSTER_EMAIL_URL", "MUSTER_BASE_URL", "MUSTER_HEARTBEAT_URL"):
    os.environ.pop(name, None)
django.setup()

_SCRATCH_BYTES = 4 * 1024**3

pytest_plugins = [
    "calling",
    "database",
    "entering",
    "genie",
    "jobs",
    "people",
    "rooms",
    "ruling",
    "senders",
    "watched",
    "noisy",
]


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A short private folder (PostgreSQL's socket path is limited to 107 bytes).

    In memory where there is room: each test copies a database, and on a busy disk that takes ten times as
    long as the tests themselves.
    """
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir=_roomy(Path("/dev/shm")) or "/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _roomy(folder: Path) -> Path | None:
    """The folder, if one can keep and run a few PostgreSQL servers there."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    free_bytes = found.f_bavail * found.f_frsize
    runs = not found.f_flag & os.ST_NOEXEC
    return folder if runs and free_bytes > _SCRATCH_BYTES and os.access(folder, os.W_OK) else None
