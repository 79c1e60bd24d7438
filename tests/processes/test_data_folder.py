"""The data folder is recognised, locked, and never taken from anybody else."""

import os
import subprocess
from pathlib import Path

import pytest

from muster.processes.data_folder import MARKER, DataFolder, default_folder
from muster.processes.problems import CannotStart


def test_a_new_folder_is_made_private_and_marked(folder: Path) -> None:
    data = DataFolder(folder / "data")
    data.open()
    assert data.path.stat().st_mode & 0o077 == 0
    assert (data.path / MARKER).read_text() == "1\n"


def test_the_secret_is_made_once_and_only_its_owner_reads_it(folder: Path) -> None:
    data = DataFolder(folder / "data")
    data.open()
    secret = data.secret_key()
    assert len(secret) >= 50
    assert data.secret_key() == secret
    assert (data.path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_folder_with_other_files_is_refused_and_left_alone(folder: Path) -> None:
    (folder / "letters.txt").write_text("dear")
    with pytest.raises(CannotStart, match=r"not Muster's: choose an empty folder with --data"):
        DataFolder(folder).open()
    assert [entry.name for entry in folder.iterdir()] == ["letters.txt"]


def test_a_folder_of_a_later_format_is_refused(folder: Path) -> None:
    (folder / MARKER).write_text("2\n")
    with pytest.raises(CannotStart, match="another version of Muster"):
        DataFolder(folder).open()


def test_two_cannot_hold_one_folder(folder: Path) -> None:
    first, second = DataFolder(folder / "data"), DataFolder(folder / "data")
    first.open()
    with pytest.raises(CannotStart, match="Another Muster runs on"):
        second.open()
    first.release()
    second.open()
    second.release()


def test_a_file_where_the_folder_should_be_is_told(folder: Path) -> None:
    (folder / "data").write_text("")
    with pytest.raises(CannotStart, match="is not a folder"):
        DataFolder(folder / "data").open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.chmod(0o555)
    with pytest.raises(CannotStart, match="cannot be written by this user"):
        DataFolder(folder / "data").open()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a small disk, only root can mount one")
def test_a_full_disk_is_told_and_leaves_nothing_half_made(folder: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount")
    try:
        data = DataFolder(folder / "data")
        data.open()
        with pytest.raises(OSError, match="No space"):
            (folder / "filler").write_bytes(bytes(70_000))
        with pytest.raises(CannotStart, match="is full"):
            data.secret_key()
        assert not (data.path / "secret_key").exists()
        data.release()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_the_default_is_the_data_home_of_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/ana")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_folder() == Path("/home/ana/.local/share/muster")
    monkeypatch.setenv("XDG_DATA_HOME", "/data/ana")
    assert default_folder() == Path("/data/ana/muster")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_folder() == Path("/var/lib/muster")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_left_behind_is_given_to_the_owner_but_programs_stay_roots(folder: Path) -> None:
    data = DataFolder(folder / "data", owner="nobody")
    data.open()
    data.release()
    for name in ("anchor.key", "status/main/index.html", "pg/18/bin/postgres"):
        (data.path / name).parent.mkdir(parents=True, exist_ok=True)
        (data.path / name).write_text("made by root")
    data.open()
    nobody = (data.path / MARKER).stat().st_uid
    assert nobody != 0
    assert (data.path / "anchor.key").stat().st_uid == nobody
    assert (data.path / "status" / "main" / "index.html").stat().st_uid == nobody
    assert (data.path / "pg" / "18" / "bin" / "postgres").stat().st_uid == 0
    data.release()
