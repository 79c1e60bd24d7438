"""What the processes of the chain's proof do, each told by its first argument; the second is its name."""

import os
import random
import signal
import sys
import threading
from datetime import datetime

from django.db import transaction

from muster.core.permissions import Actor, system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Grant
from muster.foundation.timeline import lanes, reactor
from muster.foundation.timeline.lanes import Sealed
from muster.worker import loop


def client(name: str) -> None:
    """Run commands until told to stop; print how many were acknowledged."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    actor = system(name)
    people = [person.pk for person in queries.active_people()]
    print("ready", flush=True)
    done = 0
    while not stop.is_set():
        person = random.choice(people)
        at = queries.now()
        if random.random() < 0.5:
            commands.give_grant(person, "member", f"team:{random.getrandbits(40)}", actor=actor, at=at)
        else:
            zone = random.choice(["UTC", "Europe/Rome", "Europe/Paris"])
            commands.change_person(person, {"timezone": zone}, actor=actor, at=at)
        done += 1
    print(done, flush=True)


def worker(name: str) -> None:
    """The product's own loop, with one reaction: a grant given is ended."""

    def on_grant_given(event: Sealed, *, actor: Actor, at: datetime) -> None:
        row = Grant.objects.get(pk=event.subject_id)
        commands.end_grant(row.person_id, row.role, row.scope, actor=actor, at=at)

    lanes.register("proof", {"grant.given": on_grant_given})
    reactor.prepare()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("ready", flush=True)
    loop.run(stop)


def frozen(name: str) -> None:
    """Freeze after the event is written and before COMMIT; when woken, commit and say so."""
    with transaction.atomic():
        at = queries.now()
        grant = commands.give_grant(1, "member", "team:frozen", actor=system(name), at=at)
        print(grant.last_event_id, flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
    print("committed", flush=True)


def main() -> None:
    """Be one of them; Django is set up."""
    {"client": client, "worker": worker, "frozen": frozen}[sys.argv[1]](sys.argv[2])
