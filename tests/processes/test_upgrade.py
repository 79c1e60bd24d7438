"""A data folder of PostgreSQL 16 moves to 18 with every row, and an upgrade that fails changes nothing."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest

from muster.processes.account import service_user
from muster.processes.connections import APP
from muster.processes.data_folder import DataFolder
from muster.processes.postgres import Cluster
from muster.processes.problems import CannotStart
from muster.processes.provision import provision_embedded
from muster.processes.swap import finish_swap
from muster.processes.upgrade import counts, forget, upgrade
from processes.conftest import ORDINARY_USER
from processes.running import MUSTER, bare, refused, up


@pytest.fixture
def old(folder: Path) -> Path:
    """A data folder as Muster would have left it on PostgreSQL 16, stopped."""
    cluster = Cluster(folder, user=ORDINARY_USER, major=16)
    cluster.ensure_initialised()
    cluster.start()
    cluster.wait_ready()
    try:
        database = provision_embedded(cluster.dsn())
        with psycopg.connect(database.owner.url) as connection:
            connection.execute("CREATE TABLE kept (id bigserial PRIMARY KEY, word text)")
            connection.execute(
                "INSERT INTO kept (word) SELECT 'wörd ' || n FROM generate_series(1, 1000) AS n"
            )
            connection.execute("DELETE FROM kept WHERE id > 990")
            connection.execute(f"GRANT SELECT ON kept TO {APP}")
    finally:
        cluster.stop()
    return folder


def test_rows_sequences_and_rights_move_and_the_old_cluster_is_kept(old: Path) -> None:
    verified: list[dict[str, int]] = []
    told: list[str] = []
    upgrade(old, user=ORDINARY_USER, verify=lambda url: verified.append(counts(url)), tell=told.append)
    assert verified == [{"public.kept": 990, "public.kept_id_seq (sequence)": 1000}]
    cluster = Cluster(old, user=ORDINARY_USER)
    assert cluster.major == 18
    assert (old / "postgres.old-16" / "PG_VERSION").read_text() == "16\n"
    cluster.start()
    try:
        cluster.wait_ready()
        with psycopg.connect(cluster.dsn(role=APP)) as connection:
            assert connection.execute("SELECT word FROM kept WHERE id = 7").fetchone() == ("wörd 7",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM kept")
    finally:
        cluster.stop()
    assert forget(old) == ["postgres.old-16"]
    assert not (old / "pg" / "16").exists()


def test_a_chain_that_does_not_verify_leaves_the_old_cluster_in_place(old: Path) -> None:
    def refuse(url: str) -> None:
        raise CannotStart("link 3 does not follow link 2")

    with pytest.raises(CannotStart, match="link 3"):
        upgrade(old, user=ORDINARY_USER, verify=refuse, tell=lambda line: None)
    cluster = Cluster(old, user=ORDINARY_USER)
    assert cluster.major == 16
    cluster.start()
    try:
        cluster.wait_ready()
        assert counts(cluster.dsn())["public.kept"] == 990
    finally:
        cluster.stop()
    upgrade(old, user=ORDINARY_USER, verify=lambda url: None, tell=lambda line: None)
    assert Cluster(old).major == 18


def test_muster_on_16_moves_to_18_with_its_chain_and_starts_there(folder: Path) -> None:
    user = service_user()
    held = DataFolder(folder / "data", owner=user)
    held.open()
    Cluster(held.path, user=user, major=16).ensure_initialised()
    held.release()
    with up("--data", str(held.path)) as on_16:
        assert server_version(on_16.ready["database"]) == 16
        assert "Another Muster runs on" in refused("db", "upgrade", "--data", str(held.path))
    moved = command("db", "upgrade", "--data", str(held.path))
    assert "is on PostgreSQL 18" in moved
    with up("--data", str(held.path)) as on_18:
        assert server_version(on_18.ready["database"]) == 18
        assert on_18.ready["token"] is None
        report = json.loads(command("verify", "--json", "--data", str(held.path)))
        assert report["ok"]
        assert report["events"] > 2
    assert "postgres.old-16" in command("db", "upgrade", "--forget", "--data", str(held.path))


def server_version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10000


def command(*arguments: str) -> str:
    answer = subprocess.run([MUSTER, *arguments], env=bare(), capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_a_kill_between_the_two_renames_is_completed_at_the_next_start(folder: Path) -> None:
    (folder / "postgres.old-16").mkdir()
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    finish_swap(folder)
    assert (folder / "postgres" / "PG_VERSION").read_text() == "18\n"


def test_a_lost_cluster_is_never_replaced_by_an_empty_one(folder: Path) -> None:
    (folder / "postgres.old-16").mkdir()
    with pytest.raises(CannotStart, match="only a cluster kept by an upgrade is left"):
        Cluster(folder, user=ORDINARY_USER).ensure_initialised()
