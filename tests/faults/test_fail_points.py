"""Fail points: each stands at one place, costs nothing unarmed, and cannot be armed in production. S97"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from muster.foundation import failpoints
from muster.foundation.failpoints import ALLOWED, POINTS, VARIABLE, NotAllowed, fail_point
from processes.running import MUSTER, bare, refused

SOURCE = Path(failpoints.__file__).parents[1]
_PLACED = re.compile(r"fail_point(?:_after_commit)?\(\"(\w+)\"\)")


def test_every_point_stands_at_one_place_and_there_are_no_others() -> None:
    placed = [name for path in SOURCE.rglob("*.py") for name in _PLACED.findall(path.read_text())]
    assert sorted(placed) == sorted([*POINTS, *failpoints.BETWEEN])


def test_a_process_that_is_given_the_variable_alone_refuses_to_start(tmp_path: Path) -> None:
    (tmp_path / "points").mkdir()
    told = refused(
        "worker",
        **{VARIABLE: str(tmp_path / "points")},
        MUSTER_DATABASE_URL="postgresql:///none?host=/nowhere",
        MUSTER_DATABASE_ROLE="muster_app",
        MUSTER_SECRET_KEY="x" * 40,
    )
    assert VARIABLE in told


def test_muster_up_refuses_it_too(scratch: Path) -> None:
    """It passes its environment on, so its first child refuses; and it never opens the second lock itself."""
    folder = scratch / "up-refuses"
    points = folder / "points"
    points.mkdir(parents=True)
    environment = bare(**{VARIABLE: str(points)})
    answer = subprocess.run(
        [MUSTER, "up", "--json", "--port", "0", "--data", str(folder / "data")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 1
    assert VARIABLE in answer.stderr
    assert not list(folder.rglob(ALLOWED))


def test_a_folder_that_the_second_lock_does_not_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / ALLOWED).write_text("another\n")
    with pytest.raises(NotAllowed, match=VARIABLE):
        failpoints.arm(str(tmp_path / "points"))


def test_only_our_own_tests_write_the_second_lock() -> None:
    """No file of the product but the module itself knows its name."""
    knowing = [path for path in SOURCE.rglob("*") if path.is_file() and ALLOWED.encode() in path.read_bytes()]
    assert [path.name for path in knowing if path.suffix == ".py"] == ["failpoints.py"]


def test_unarmed_it_calls_nothing() -> None:
    """It stands where every event goes by."""
    called: list[str] = []
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        fail_point("N3")
    finally:
        sys.setprofile(None)
    assert called == ["fail_point"]
