"""The supervisor restarts the dead and takes all along when it goes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from muster.processes.supervisor import Child, Supervisor, delay_seconds
from processes.running import eventually, gone

_PARENT = """
import signal, subprocess, sys
from muster.processes.parent import die_with_parent
from muster.processes.supervisor import Child, Supervisor
def start():
    die = die_with_parent(signal.SIGKILL)
    return subprocess.Popen(["sleep", "600"], start_new_session=True, preexec_fn=die)
supervisor = Supervisor()
supervisor.listen_to_signals()
child = Child("sleep", start)
supervisor.add(child)
print(child.process.pid, flush=True)
supervisor.run()
"""


def parent() -> tuple["subprocess.Popen[str]", int]:
    process = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_children_die_with_a_killed_supervisor() -> None:
    process, child = parent()
    process.kill()
    process.wait()
    assert eventually(lambda: gone(child))


def test_sigterm_stops_children_and_ends_with_code_zero() -> None:
    process, child = parent()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert gone(child)


def test_a_killed_child_is_started_again_within_a_moment() -> None:
    process, child = parent()
    try:
        os.kill(child, signal.SIGKILL)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert eventually(lambda: children.read_text().split() not in ([], [str(child)]), 2.0)
    finally:
        process.terminate()
        process.wait(5)


def test_a_child_that_ignores_sigterm_is_killed_in_the_end() -> None:
    deaf = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print(1, flush=True); time.sleep(60)"
    supervisor = Supervisor()
    child = Child(
        "deaf",
        lambda: subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE),
        stop_seconds=0.2,
    )
    supervisor.add(child)
    process = child.process
    assert process is not None
    assert process.stdout is not None
    process.stdout.readline()
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL
    process.stdout.close()


def test_one_that_keeps_dying_young_waits_longer_and_longer_but_never_for_ever() -> None:
    waits = [delay_seconds(n, killed=False) for n in range(40)]
    assert waits == sorted(waits)
    assert waits[0] < 0.1
    assert waits[-1] == 10.0


def test_one_that_somebody_kills_again_and_again_never_waits_long() -> None:
    assert delay_seconds(39, killed=True) == 0.5
