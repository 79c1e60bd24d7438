"""The rig of the chain's proof: clients that run commands, workers whose leader is killed, the reckoning.

What each process does stands in `chain_processes`.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

TESTS = Path(__file__).resolve().parents[1]
REACTION = "system:on_grant_given"
_LEADER = """
    SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.objid = x'6d757374'::int AND l.granted
      AND a.datname = current_database()
"""


@dataclass
class Rig:
    """The processes of one run; everything it started is gone when the block ends."""

    url: str
    owner_url: str
    clients: list[subprocess.Popen[str]] = field(default_factory=list)
    workers: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    kills: int = 0

    def __enter__(self) -> "Rig":
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.clients, *self.workers.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()

    def start(self, role: str, name: str) -> subprocess.Popen[str]:
        """Start one process of this file; its PostgreSQL sessions bear its name."""
        environment = os.environ | {
            "MUSTER_DATABASE_URL": self.url,
            "MUSTER_DATABASE_ROLE": "muster_app",
            "PGAPPNAME": name,
            "PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, sys.path)]),
        }
        begin = "import django; django.setup(); from faults.chain_processes import main; main()"
        command = [sys.executable, "-c", begin, role, name]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def start_worker(self, name: str) -> None:
        """Start a worker and wait until its lanes are there."""
        self.workers[name] = self.start("worker", name)
        assert said(self.workers[name]) == "ready"

    def kill_the_leader(self) -> None:
        """Kill -9 the worker that seals right now, and start another in its place."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            until = time.monotonic() + 0.5
            found: str | None = None
            while found is None and time.monotonic() < until:
                row = connection.execute(_LEADER).fetchone()
                found = row[0] if row and row[0] in self.workers else None
        name = found or random.choice(list(self.workers))
        self.workers[name].kill()
        self.workers[name].wait()
        self.workers[name] = self.start("worker", name)
        self.kills += 1

    def run(self, seconds: float, *, kill_every: float) -> int:
        """Let the clients run while leaders die; return how many commands were acknowledged."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(kill_every, left))
            if time.monotonic() < until:
                self.kill_the_leader()
        for client in self.clients:
            client.terminate()
        return sum(int(client.communicate(timeout=30)[0].splitlines()[-1]) for client in self.clients)

    def settle(self, timeout: float = 60) -> None:
        """Wait until everything is sealed and reacted to."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            until = time.monotonic() + timeout
            while time.monotonic() < until:
                row = connection.execute(_WAITING).fetchone()
                if row == (0, 0):
                    return
                time.sleep(0.1)
        raise AssertionError(f"not settled after {timeout} s: {row} wait for sealer and lanes")


_WAITING = """
    SELECT (SELECT count(*) FROM timeline_outbox),
        (SELECT count(*) FROM timeline_link k JOIN timeline_lane l ON l.lane = k.lane
         JOIN timeline_event e ON e.id = k.event_id
         WHERE l."group" = 'proof' AND k.seq > l.seq AND e.kind = 'grant.given')
"""


def said(process: subprocess.Popen[str]) -> str:
    """One line of a process."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def reckon(owner_url: str) -> dict[str, int]:
    """What must be 0, each a count of faults, beside how much there was."""
    questions = {
        "events": "SELECT count(*) FROM timeline_event",
        "commands": "SELECT count(DISTINCT command) FROM timeline_event WHERE actor LIKE 'system:client-%'",
        "gaps": """SELECT count(*) FROM (SELECT seq, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS before
                   FROM timeline_link) AS s WHERE seq <> before + 1""",
        "unsealed": """SELECT count(*) FROM timeline_event e
                       WHERE NOT EXISTS (SELECT 1 FROM timeline_link k WHERE k.event_id = e.id)""",
        "effects_before_causes": """SELECT count(*) FROM timeline_event e
            JOIN timeline_link k ON k.event_id = e.id JOIN timeline_link c ON c.event_id = e.cause
            WHERE c.seq >= k.seq""",
        "subjects_out_of_order": """SELECT count(*) FROM (SELECT k.seq, lag(k.seq)
            OVER (PARTITION BY e.subject ORDER BY e.id) AS before FROM timeline_link k
            JOIN timeline_event e ON e.id = k.event_id) AS s WHERE seq < before""",
        "reactions_lost": f"""SELECT count(*) FROM timeline_event g WHERE g.kind = 'grant.given'
            AND g.actor LIKE 'system:client-%' AND NOT EXISTS
            (SELECT 1 FROM timeline_event e WHERE e.cause = g.id AND e.actor = '{REACTION}')""",
        "reactions_twice": f"""SELECT count(*) FROM (SELECT cause FROM timeline_event
            WHERE actor = '{REACTION}' GROUP BY cause HAVING count(*) > 1) AS s""",
        "parked": "SELECT count(*) FROM timeline_parked",
    }
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE timeline_event, timeline_link")
        return {name: connection.execute(sql).fetchone()[0] for name, sql in questions.items()}  # type: ignore[index]


@contextlib.contextmanager
def stopped_sealer(owner_url: str) -> Iterator[Callable[[], bool]]:
    """A leader that holds the lock and does nothing more; yields whether its session still lives."""
    with contextlib.closing(psycopg.connect(owner_url)) as leader:
        leader.execute("SELECT pg_advisory_xact_lock(x'6d757374'::int)")
        leader.execute("SELECT set_config('idle_in_transaction_session_timeout', '5000', true)")
        pid = leader.info.backend_pid
        with psycopg.connect(owner_url, autocommit=True) as watcher:
            yield (
                lambda: (
                    watcher.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
                    is not None
                )
            )
