"""What the processes of `bench.chain` do, each told by its first argument. Django is set up."""

import select
import signal
import sys
import threading
from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Grant
from muster.foundation.timeline import hints
from muster.foundation.timeline.pen import command, record_many
from muster.processes.migrate import migrate
from muster.worker import loop

ACTOR = system("bench")


def prepare() -> None:
    """The schema, and one person."""
    migrate()
    commands.begin_first_run(at=queries.now())


def client(name: str, rows: str) -> None:
    """Give roles, one or many in a command, between two lines on standard input."""
    people = queries.active_people()
    hints.Notifier().start()
    print("ready", flush=True)
    sys.stdin.readline()
    done = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        done += 1
        give([people[0].pk] * int(rows), f"{name}-{done}", actor=ACTOR, at=queries.now())


@command
def give(people: list[int], scope: str, *, actor: Actor, at: datetime) -> None:
    """One role for each; nothing but the pen is measured."""
    changes = [
        Change(
            "grant.given",
            {"person_id": person, "role": "member", "scope": f"{scope}-{n}", "granted_at": at},
            {"person": person, "role": "member", "scope": f"{scope}-{n}"},
        )
        for n, person in enumerate(people)
    ]
    record_many([Grant() for _ in people], changes, actor=actor, at=at)


def worker() -> None:
    """The product's loop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("ready", flush=True)
    loop.run(stop)


def main() -> None:
    """Be one of them."""
    {"prepare": prepare, "client": client, "worker": worker}[sys.argv[1]](*sys.argv[2:])
