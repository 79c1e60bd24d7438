"""How a process of ours starts another one of ours."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from muster.processes.parent import die_with_parent
from muster.processes.problems import CannotStart


def spawn(
    program: Sequence[str], variables: Mapping[str, str], *, user: str | None = None, **more: Any
) -> "subprocess.Popen[bytes]":
    """Start a program of ours with these environment variables on top of ours, as `user` when given.

    The child dies with this process; call from the main thread. `more` goes to Popen.
    """
    account = pwd.getpwnam(user) if user else None
    return subprocess.Popen(
        list(program),
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=die_with_parent(signal.SIGKILL),
        **more,
    )


def run_once(arguments: Sequence[str], variables: Mapping[str, str], *, user: str | None = None) -> str:
    """Run `muster <arguments>` to its end and return what it printed.

    Raises CannotStart with its complaint, which is one line already.
    """
    script = Path(sys.executable).with_name("muster")
    program = [str(script)] if script.exists() else [sys.executable, "-P", "-m", "muster.processes.main"]
    pipe = subprocess.PIPE
    process = spawn([*program, *arguments], variables, user=user, stdout=pipe, stderr=pipe)
    out, err = process.communicate()
    if process.returncode != 0:
        lines = [line for line in (out + err).decode(errors="replace").splitlines() if line.strip()]
        last = (lines or ["no reason given"])[-1]
        if last.startswith("muster: "):
            raise CannotStart(last.removeprefix("muster: "))
        sys.stderr.write(err.decode(errors="replace"))  # a fault of ours: all of it is worth reading
        raise CannotStart(f"muster {' '.join(arguments)} failed: {last}")
    return out.decode()
