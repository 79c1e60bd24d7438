"""The engine: seal, react, then do what is due (design sections 2 and 4). Any number share the work."""

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence

import psycopg
from django.db import close_old_connections, connection, connections

from muster import __version__
from muster.core.permissions import system
from muster.detect.commands import open_meta_alert
from muster.foundation.access.queries import now
from muster.foundation.timeline import anchors, due, hints, reactor, sealer
from muster.foundation.timeline.hints import Hint
from muster.foundation.timeline.lanes import Sealed

log = logging.getLogger(__name__)

POLL_S = 0.25
BEAT_EVERY_S = 5.0
REACTORS = 2
_AFTER_A_FAULT_S = 1.0

Work = Callable[[], int]


class Loop(threading.Thread):
    """Does its works until they are dry, then waits for a hint or the poll. A fault pauses that work only.

    `wakes` are the hints that concern it; without any it looks at every poll.
    """

    def __init__(self, name: str, works: Sequence[due.Due], stop: threading.Event, *wakes: Hint) -> None:
        super().__init__(name=name, daemon=True)
        self.wakes = frozenset(wakes)
        self._works = works
        self._stopping = stop
        self._wake = threading.Event()
        self._not_before: dict[str, float] = {}
        if wakes:
            hints.listen(self._wake.set, *wakes)

    def run(self) -> None:
        """Loop until told to stop."""
        while not self._stopping.is_set():
            self._wake.clear()
            close_old_connections()
            done = [self._do(work) for work in self._works]
            if not any(done):
                self._wake.wait(POLL_S)
        connections.close_all()

    def wake(self) -> None:
        """Look again now."""
        self._wake.set()

    def _do(self, work: due.Due) -> bool:
        if time.monotonic() < self._not_before.get(work.name, 0.0):
            return False
        pause = work.every_s
        try:
            done = work.run()
        except Exception:
            log.exception("%s failed", work.name)
            connection.close()
            done, pause = 0, _AFTER_A_FAULT_S
        if pause:
            self._not_before[work.name] = time.monotonic() + pause
        return bool(done)


class Listener(threading.Thread):
    """Passes the hints of other processes on to this one's loops."""

    def __init__(self, stop: threading.Event, loops: Sequence[Loop]) -> None:
        super().__init__(name="listener", daemon=True)
        self._stopping = stop
        self._loops = loops

    def run(self) -> None:
        """LISTEN until told to stop; a lost connection is made again, the poll serves meanwhile."""
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.OperationalError:
                self._stopping.wait(_AFTER_A_FAULT_S)

    def _listen(self) -> None:
        with open_connection() as listening:
            listening.execute(f"LISTEN {hints.CHANNEL}")
            while not self._stopping.is_set():
                if select.select([listening.fileno()], [], [], 1.0)[0]:
                    for said in listening.notifies(timeout=0, stop_after=1):
                        self._wake(hints.heard(said.payload))

    def _wake(self, heard: frozenset[Hint]) -> None:
        for loop in self._loops:
            if loop.wakes & heard:
                loop.wake()


def open_connection() -> psycopg.Connection[tuple[object, ...]]:
    """An autocommit connection of its own, outside Django's pool."""
    parameters = connection.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)


def beat(kind: str) -> int:
    """Write this process's sign of life, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO timeline_beat (process, kind, version, at) VALUES (%s, %s, %s, now())
               ON CONFLICT (process) DO UPDATE SET at = now(), version = excluded.version""",
            [f"{kind}@{socket.gethostname()}:{os.getpid()}", kind, __version__],
        )
    return 0


def tell_parked(event: Sealed, group: str, error: str) -> None:
    """A reaction has failed for good and waits for a person: raise our own alert about it (design 4, 6)."""
    open_meta_alert(
        "reaction_parked",
        f"{group}:{event.kind}",
        actor=system("retry_due_parked"),
        at=now(),
        summary=f"A reaction of {group} to {event.kind} on {event.subject} failed four times: {error[:200]}",
    )


def loops(stop: threading.Event) -> list[Loop]:
    """The threads of one worker: a sealer, reactors, and one for each pool of due work."""
    seal = due.Due("seal", due.Pool.ENGINE, sealer.seal_batch)
    react = due.Due("react", due.Pool.ENGINE, reactor.react)
    parked = due.Due(
        "retry_due_parked", due.Pool.ENGINE, lambda: reactor.retry_due_parked(tell_parked), every_s=POLL_S
    )
    alive = due.Due("beat", due.Pool.BACKGROUND, lambda: beat("worker"), every_s=BEAT_EVERY_S)
    made = [Loop("sealer", [seal], stop, Hint.RECORDED)]
    for n in range(REACTORS):
        made.append(Loop(f"reactor-{n}", [react, parked] if n == 0 else [react], stop, Hint.SEALED))
    made.append(Loop(due.Pool.PAGING.value, due.in_pool(due.Pool.PAGING), stop, Hint.DUE))
    made.append(Loop(due.Pool.ENGINE.value, due.in_pool(due.Pool.ENGINE), stop))
    made.append(Loop(due.Pool.BACKGROUND.value, [alive, *due.in_pool(due.Pool.BACKGROUND)], stop))
    return made


def run(stop: threading.Event) -> None:
    """Run one worker until `stop` is set; promises are rows, so any instant is a good one to be killed."""
    reactor.prepare()
    started = loops(stop)
    listener = Listener(stop, started)
    for thread in (*started, listener, hints.Notifier()):
        thread.start()
    stop.wait()
    for loop in started:
        loop.wake()
    for loop in started:
        loop.join(timeout=5)
    try:
        anchors.anchor_due_head()
    except Exception:
        log.exception("the last anchor could not be written")
