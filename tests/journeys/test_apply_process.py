"""As an operator does it: `muster up`, `muster apply`, a token of one's own; a restart keeps everything."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from processes.running import MUSTER, Up, bare, refused

ACME = Path(__file__).parent / "acme.yaml"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that an ordinary user can enter."""
    path = Path(tempfile.mkdtemp(prefix="ma-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def _muster(*words: str, **environment: str) -> str:
    """What a command printed; it must succeed."""
    done = subprocess.run(
        [MUSTER, *words], env=bare(**environment), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_from_nothing_to_a_configured_installation(folder: Path) -> None:
    """Keys are shown once, a restart keeps everything, and the chain holds."""
    data = folder / "data"
    running = Up("--data", str(data))
    try:
        admin = {"MUSTER_URL": running.url, "MUSTER_TOKEN": running.ready["token"]}
        applied = json.loads(_muster("apply", "-f", str(ACME), "--json", **admin))
        assert applied["integrations"][0]["url"].startswith(running.url)
        nobody = refused("token", "create", "--person", "nobody", "--data", str(data))
        assert nobody == "muster: No token for nobody: Nobody has this handle."
        token = _muster("token", "create", "--person", "ana-ruiz", "--data", str(data)).strip()
        ana = {"MUSTER_URL": running.url, "MUSTER_TOKEN": token}
        services = {row["handle"] for row in json.loads(_muster("service", "list", "--json", **ana))}
        assert services == {"checkout", "orders-db", "muster"}
    finally:
        running.stop()
    again = Up("--data", str(data))
    try:
        admin["MUSTER_URL"] = again.url
        assert again.ready["token"] is None
        second = json.loads(_muster("apply", "-f", str(ACME), "--json", **admin))
        assert set(second["counts"]) == {"leave"}
        assert json.loads(_muster("verify", "--data", str(data), "--json"))["ok"]
    finally:
        again.stop()
