"""A prepared database that sites copy: migrating anew for each would take longer than most of their cells."""

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from faults.rig.program import MUSTER
from muster.processes.postgres import Cluster

ORDINARY_USER = "nobody" if os.geteuid() == 0 else None


@dataclass(frozen=True)
class Template:
    """The folder of a cluster that is stopped, and the first admin's token."""

    folder: Path
    token: str

    def copy(self, folder: Path) -> None:
        """Make it the cluster of this folder; the programs are shared."""
        folder.mkdir(parents=True)
        shutil.copystat(self.folder, folder)
        subprocess.run(["cp", "-a", str(self.folder / "postgres"), str(folder / "postgres")], check=True)
        (folder / "pg").symlink_to(self.folder / "pg")


_made: dict[str, Template] = {}


def template(beside: Path, environment: dict[str, str]) -> Template:
    """The one of this test run, made on the disk on which `beside` lies when it is first asked for."""
    if "muster" not in _made:
        root = Path(tempfile.mkdtemp(prefix="mf-", dir=beside))
        root.chmod(0o755)
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        _made["muster"] = _make(root / "database", environment)
    return _made["muster"]


def _make(folder: Path, environment: dict[str, str]) -> Template:
    cluster = Cluster(folder, user=ORDINARY_USER)
    cluster.ensure_initialised()
    cluster.start()
    try:
        cluster.wait_ready()
        done = subprocess.run(
            [MUSTER, "db", "prepare", "--embedded", "--json"],
            env=environment | {"MUSTER_DATABASE_URL": cluster.dsn()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Template(folder, json.loads(done.stdout)["token"])
    finally:
        cluster.stop()
