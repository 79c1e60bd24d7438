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

pytest_plugins = ["calling", "database", "people", "rooms", "senders"]


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A short private folder (PostgreSQL's socket path is limited to 107 bytes)."""
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
