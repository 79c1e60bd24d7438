"""The engine: seal, react, then do what is due (design sections 2 and 4). Any number share the work."""

import json
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import psycopg
from django.db import connection, connections

from muster import __version__
from muster.core.permissions import system
from muster.detect.commands import open_meta_alert
from muster.foundation.access.queries import now
from muster.foundation.timeline import anchors, due, hints, reactor, sealer
from muster.foundation.timeline.apart import open_apart
from muster.foundation.timeline.hints import Hint
from muster.foundation.timeline.lanes import Sealed

log = logging.getLogger(__name__)

POLL_S = 0.25
BEAT_EVERY_S = 5.0
REACTORS = 2
PASS_EVERY_S = 1.0
SEALS_EVERY_S, REACTS_EVERY_S, SENDS_EVERY_S = 0.006, 0.012, 0.004
"""In a burst, so long apart at least: a transaction for ten events costs little more than one for one."""
_A_FEW, _LONGEST = 4, 4.0
"""A pass that did more than a few is followed by a longer pause, at most so many times as long."""
_AFTER_A_FAULT_S = 1.0

Work = Callable[[], int]


class Loop(threading.Thread):
    """Does its works until they are dry, then waits for `wake` or the poll. A fault pauses that work only.

    With a pace it keeps one connection; after a fault it takes another. Woken again within `pace_s` of its
    last pass it waits for the rest of it: what comes in a burst is done together, and a lone event waits for
    nothing. Without a pace nothing is in a hurry, and it gives its connection back after every pass.
    """

    def __init__(
        self, name: str, works: Sequence[due.Due], stop: threading.Event, pace_s: float = 0.0
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._works = works
        self._stopping = stop
        self._wake = threading.Event()
        self.idle = False
        self.turned_at = time.monotonic()
        self._pace_s = pace_s
        self._not_before: dict[str, float] = {}

    def run(self) -> None:
        """Loop until told to stop."""
        while not self._stopping.is_set():
            self._wake.clear()
            began = self.turned_at = time.monotonic()
            done = [self._do(work) for work in self._works]
            if not any(count >= work.full for count, work in zip(done, self._works, strict=True)):
                self.idle = True
                if not self._pace_s:
                    connection.close()
                self._wake.wait(POLL_S)
                pace_s = self._pace_s * min(max(1.0, max(done, default=0) / _A_FEW), _LONGEST)
                self._stopping.wait(max(0.0, began + pace_s - time.monotonic()))
                self.idle = False
        connections.close_all()

    def wake(self) -> None:
        """Look again now."""
        self._wake.set()

    def _do(self, work: due.Due) -> int:
        if time.monotonic() < self._not_before.get(work.name, 0.0):
            return 0
        pause = work.every_s
        try:
            done = work.run()
        except Exception:
            log.exception("%s failed", work.name)
            connection.close()
            done, pause = 0, _AFTER_A_FAULT_S
        if pause:
            self._not_before[work.name] = time.monotonic() + pause
        return done


class Relay:
    """Wakes the first idle one of loops that share their work, so that a lone event wakes one of them."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops

    def wake(self) -> None:
        """Look again now; when all are busy, each does when it is done."""
        idle = [loop for loop in self._loops if loop.idle]
        for loop in idle[:1] or self._loops:
            loop.wake()


Wakes = Mapping[Hint, Callable[[], None]]
"""Whom each hint concerns; what nobody names is found at the next poll."""


def _nobody() -> None:
    pass


class Listener(threading.Thread):
    """Passes the hints of other processes on to this one's loops."""

    def __init__(self, stop: threading.Event, wakes: Wakes) -> None:
        super().__init__(name="listener", daemon=True)
        self._stopping = stop
        self._wakes = wakes

    def run(self) -> None:
        """LISTEN until told to stop; a lost connection is made again, the poll serves meanwhile."""
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.OperationalError:
                self._stopping.wait(_AFTER_A_FAULT_S)

    def _listen(self) -> None:
        with open_apart() as listening:
            listening.execute(f"LISTEN {hints.CHANNEL}")
            while not self._stopping.is_set():
                if select.select([listening.fileno()], [], [], 1.0)[0]:
                    for said in listening.notifies(timeout=0, stop_after=1):
                        for hint in hints.heard(said.payload):
                            self._wakes.get(hint, _nobody)()


class Heart:
    """Writes a worker's sign of life, by the database's clock, and how long ago each loop last turned.

    After a time in which it did not beat itself it says nothing of the others: the whole process stood.
    """

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops
        self._beaten_at = time.monotonic()

    def beat(self) -> int:
        """Once more."""
        now = time.monotonic()
        stood, self._beaten_at = now - self._beaten_at > 3 * BEAT_EVERY_S, now
        ages = {} if stood else {loop.name: round(now - loop.turned_at, 1) for loop in self._loops}
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO timeline_beat (process, kind, version, at, loops)
                   VALUES (%s, 'worker', %s, now(), %s::jsonb)
                   ON CONFLICT (process) DO UPDATE
                   SET at = now(), version = excluded.version, loops = excluded.loops""",
                [f"worker@{socket.gethostname()}:{os.getpid()}", __version__, json.dumps(ages)],
            )
        return 0


def tell_parked(event: Sealed, group: str, error: str) -> None:
    """A reaction has failed for good and waits for a person: raise our own alert about it (design 4, 6)."""
    open_meta_alert(
        "reaction_parked",
        f"{group}:{event.subject}",
        actor=system("retry_due_parked"),
        at=now(),
        summary=f"A reaction of {group} to {event.kind} on {event.subject} failed four times: {error[:200]}",
    )


def loops(stop: threading.Event) -> tuple[list[Loop], Wakes]:
    """The threads of one worker: a sealer, reactors, and one for each pool of due work."""
    seal = due.Due("seal", due.Pool.ENGINE, sealer.seal_batch, full=sealer.BATCH)
    react = due.Due("react", due.Pool.ENGINE, reactor.react, full=reactor.BATCH)
    idle = due.Due("pass_idle_lanes", due.Pool.ENGINE, reactor.pass_idle_lanes, every_s=PASS_EVERY_S)
    parked = due.Due(
        "retry_due_parked", due.Pool.ENGINE, lambda: reactor.retry_due_parked(tell_parked), every_s=POLL_S
    )
    sealing = Loop("sealer", [seal], stop, SEALS_EVERY_S)
    reactors = [
        Loop(f"reactor-{n}", [react, parked, idle] if n == 0 else [react], stop, REACTS_EVERY_S)
        for n in range(REACTORS)
    ]
    paging = Loop(due.Pool.PAGING.value, due.in_pool(due.Pool.PAGING), stop, SENDS_EVERY_S)
    engine = Loop(due.Pool.ENGINE.value, due.in_pool(due.Pool.ENGINE), stop)
    background = Loop(due.Pool.BACKGROUND.value, due.in_pool(due.Pool.BACKGROUND), stop)
    watched = [sealing, *reactors, paging, engine, background]
    alive = due.Due("beat", due.Pool.WATCH, Heart(watched).beat, every_s=BEAT_EVERY_S)
    watch = Loop(due.Pool.WATCH.value, [alive, *due.in_pool(due.Pool.WATCH)], stop)
    wakes = {Hint.RECORDED: sealing.wake, Hint.WANTED: Relay(reactors).wake, Hint.DUE: paging.wake}
    return [*watched, watch], wakes


def run(stop: threading.Event) -> None:
    """Run one worker until `stop` is set; promises are rows, so any instant is a good one to be killed."""
    reactor.prepare()
    connection.close()
    started, wakes = loops(stop)
    for hint, wake in wakes.items():
        hints.listen(wake, hint)
    listener = Listener(stop, wakes)
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
