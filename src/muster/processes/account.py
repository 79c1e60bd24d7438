"""The ordinary user that PostgreSQL, web and worker run as when root starts Muster (design section 2)."""

import os
import pwd
import shutil
import subprocess
import sys

from muster.processes.problems import CannotStart

USER = "muster"


def service_user() -> str | None:
    """The user `muster`, made when missing; None when this process is an ordinary user itself."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(USER)
    except KeyError:
        _make()
    return USER


def can_run_our_code(user: str) -> bool:
    """Whether `user` can read this interpreter and this code: not when they stand under a closed home."""
    account = pwd.getpwnam(user)
    check = [sys.executable, "-c", "import muster.processes.problems, django, psycopg, uvicorn"]
    try:
        answer = subprocess.run(
            check,
            cwd="/",
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return answer.returncode == 0


def _make() -> None:
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if tool is None:
        raise CannotStart(
            f"PostgreSQL refuses to run as root and this machine has no useradd: make a user "
            f"{USER}, or run Muster as an ordinary user."
        )
    command = [tool, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    answer = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", USER], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotStart(f"The user {USER}, who runs PostgreSQL, cannot be made: {reason}")
