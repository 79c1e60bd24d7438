"""PostgreSQL under our own supervisor: made, started, killed, started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from muster.processes.postgres import Cluster, explain
from muster.processes.problems import CannotStart
from processes.conftest import ORDINARY_USER


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder / "data", user=ORDINARY_USER)
    made.ensure_initialised()
    yield made
    made.stop()


def start(cluster: Cluster) -> int:
    process = cluster.start()
    cluster.wait_ready()
    return process.pid


def rows(cluster: Cluster) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        return connection.execute("SELECT n FROM kept ORDER BY n").fetchall()


def keep_rows(cluster: Cluster, count: int) -> None:
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, %s) AS n", [count])


def test_it_listens_on_a_private_socket_only(cluster: Cluster) -> None:
    start(cluster)
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert settings["listen_addresses"] == ""
    assert settings["fsync"] == "on"
    assert settings["data_checksums"] == "on"


def test_after_a_kill_of_the_postmaster_the_same_owner_starts_it_again_with_every_row(
    cluster: Cluster,
) -> None:
    os.kill(start(cluster), signal.SIGKILL)
    start(cluster)
    keep_rows(cluster, 1000)
    process = cluster.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)  # not waited for: it stays a zombie with its lock files
    start(cluster)
    assert len(rows(cluster)) == 1000


def test_a_backend_frozen_across_the_kill_does_not_hold_up_the_next_start(cluster: Cluster) -> None:
    postmaster = start(cluster)
    with psycopg.connect(cluster.dsn("postgres")) as frozen:
        pid = frozen.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
        os.kill(postmaster, signal.SIGKILL)
        began = time.monotonic()
        start(cluster)
    assert time.monotonic() - began < 10


def test_a_second_owner_takes_over_from_a_killed_one_at_once(folder: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from muster.processes.postgres import Cluster\n"
        f"c = Cluster(Path(sys.argv[1]), user={ORDINARY_USER!r})\n"
        "c.ensure_initialised(); c.start(); c.wait_ready()\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(folder / "data")], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"ready\n"
    owner.kill()
    owner.wait()
    second = Cluster(folder / "data", user=ORDINARY_USER)
    second.ensure_initialised()
    try:
        start(second)
    finally:
        second.stop()


def test_a_lock_file_whose_number_now_belongs_to_another_program_is_no_obstacle(cluster: Cluster) -> None:
    start(cluster)
    lock = (cluster.folder / "postmaster.pid").read_text()
    cluster.stop()
    stranger = subprocess.Popen(["sleep", "60"], cwd=cluster.folder, user=cluster.user)
    try:
        (cluster.folder / "postmaster.pid").write_text(
            lock.replace(lock.split("\n")[0], str(stranger.pid), 1)
        )
        start(cluster)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_initialisation_cut_off_half_way_is_done_again(folder: Path) -> None:
    half = folder / "data" / "postgres.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    cluster = Cluster(folder / "data", user=ORDINARY_USER)
    cluster.ensure_initialised()
    try:
        start(cluster)
    finally:
        cluster.stop()


def test_a_long_path_gets_its_socket_elsewhere(folder: Path) -> None:
    cluster = Cluster(folder / ("long" * 30), user=ORDINARY_USER)
    cluster.ensure_initialised()
    try:
        start(cluster)
        assert len(str(cluster.socket_folder)) < 60
    finally:
        cluster.stop()
        cluster.socket_folder.rmdir()


def test_something_else_in_the_cluster_folder_is_refused_in_one_line(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "letters.txt").write_text("dear")
    with pytest.raises(CannotStart, match="not a PostgreSQL cluster") as refusal:
        Cluster(folder, user=ORDINARY_USER).ensure_initialised()
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to another user")
def test_a_closed_folder_above_is_named_with_its_remedy(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(CannotStart, match=f"chmod o\\+x {closed}"):
        Cluster(closed / "data", user=ORDINARY_USER).ensure_initialised()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by PostgreSQL")
def test_root_is_told_that_postgresql_needs_an_ordinary_user(folder: Path) -> None:
    with pytest.raises(CannotStart, match="refuses to run as root"):
        Cluster(folder, user=None).ensure_initialised()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a small disk, only root can mount one")
@pytest.mark.parametrize("size", ["5m", "20m", "30m"])
def test_a_full_disk_is_told_in_one_line(folder: Path, size: str) -> None:
    options = ["-o", f"size={size},mode=755"]
    mounted = subprocess.run(["mount", "-t", "tmpfs", *options, "none", str(folder)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount")
    try:
        with pytest.raises(CannotStart, match="is full: free some space") as refusal:
            Cluster(folder / "data", user=ORDINARY_USER).ensure_initialised()
        assert "\n" not in str(refusal.value)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_postgresqls_own_words_become_one_line() -> None:
    told = explain("LOG: x\n2026 FATAL:  could not do it\nHINT: y\n", Path("/d"))
    assert told == "PostgreSQL did not start: 2026 FATAL:  could not do it"
