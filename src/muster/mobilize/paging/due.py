"""Sends what is due, each kind of contact by its own threads: a hanging provider delays no other's page."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.db import connection, connections

from muster.core.paging import sent_at_once
from muster.core.permissions import system
from muster.core.ports.contact import Channels, Contact
from muster.foundation.access.queries import now
from muster.foundation.failpoints import fail_point
from muster.foundation.timeline.crew import Crew
from muster.foundation.timeline.due import Due, Pool
from muster.foundation.timeline.hints import Hint, wake_now
from muster.mobilize.paging.commands import (
    Claimed,
    SendResult,
    claim_deliveries,
    claim_posts,
    record_deliveries,
    record_posts,
)
from muster.mobilize.paging.messages import MOST_LINES, Wording, post_message
from muster.mobilize.paging.models import Post
from muster.mobilize.paging.queries import due_kinds, posts_due

log = logging.getLogger(__name__)

SENDERS_PER_KIND = 24
POST_SENDERS = 4
BURST_S, LINGER_S = 0.05, 0.025
CLAIMED_TOGETHER = 8
"""Sends that follow each other within `BURST_S` are a burst: so many are claimed together, while the other
threads are still sending, and fewer results wait `LINGER_S` for others. One transaction serves many."""
REST_S = 0.1
"""After a claim that found nothing to send (in a storm most is gathered), before the next of its kind."""
_ACTOR = system("send_due_deliveries")
_POSTER = system("send_due_posts")


class Sender:
    """Claims and sends the deliveries of one kind of contact.

    Whoever finishes a send records it, together with what others have finished meanwhile. That keeps nobody
    from sending, as long as it does not fall behind.
    """

    def __init__(self, kind: str, channels: Channels, *, slowly: bool = True) -> None:
        self.kind = kind
        self._channels = channels
        self._read_by_person = kind in channels.by_kind and channels.by_kind[kind].form.read_by_person
        # One more: whoever records what is done keeps nobody from sending.
        self._pool = ThreadPoolExecutor(SENDERS_PER_KIND + 1, thread_name_prefix=f"send-{kind}")
        self._free = SENDERS_PER_KIND
        self._counting = threading.Lock()
        self._claimed_at = self._found_none_at = -math.inf
        self._began_at: float | None = None if slowly else -math.inf
        """When it looked for the first time."""
        self._is_behind = False
        """More may be due than there was room for."""
        self._done: deque[SendResult] = deque()
        self._recording = threading.Lock()
        self._never = threading.Event()
        self._recorded_at = 0.0

    def has_room(self) -> bool:
        """Whether to claim now; if not, whoever makes room wakes us.

        In a burst only for several: a claim of many costs little more than one of one.
        """
        if time.monotonic() - self._found_none_at < REST_S:
            return False  # the poll looks again
        in_burst = time.monotonic() - self._claimed_at < BURST_S
        was_behind, self._is_behind = self._is_behind, True  # before looking: whoever makes room now wakes us
        # What was sent and cannot be recorded holds up what is to be sent.
        closed = self._closed()
        few = min(CLAIMED_TOGETHER, SENDERS_PER_KIND - closed) if in_burst else 1
        room = self._free - closed >= few and len(self._done) < SENDERS_PER_KIND
        self._is_behind = was_behind or not room
        return room

    def run(self, at: datetime) -> int:
        """Claim as many as there are free threads, and send them; returns how many were claimed."""
        places = self._take_places()
        try:
            claimed = claim_deliveries(self.kind, places, self._read_by_person, actor=_ACTOR, at=at)
            carried = [pk for one in claimed for pk in one.carries[:MOST_LINES]]
            wording = Wording([one.delivery for one in claimed], carried)
        except BaseException:
            self._give_back(places)
            raise
        self._is_behind = len(claimed) == places
        if claimed:
            self._claimed_at = time.monotonic()
            fail_point("N1")
        else:
            self._found_none_at = time.monotonic()
        self._give_back(places - len(claimed))
        for one in claimed:
            self._pool.submit(self._send, one, wording)
        return len(claimed)

    def _take_places(self) -> int:
        with self._counting:
            closed = min(self._closed(), self._free)
            places, self._free = self._free - closed, closed
        return places

    def _closed(self) -> int:
        """How many places may not be used yet."""
        now = time.monotonic()
        if self._began_at is None:
            self._began_at = now
        return SENDERS_PER_KIND - sent_at_once(now - self._began_at, SENDERS_PER_KIND)

    def _give_back(self, places: int) -> None:
        with self._counting:
            self._free += places

    def _send(self, claimed: Claimed, wording: Wording) -> None:
        delivery = claimed.delivery
        try:
            message = wording.message(delivery, claimed.carries)
            fail_point("N2")
            contact = Contact(str(delivery.contact_id), delivery.kind, delivery.contact.target)
            result = self._channels.attempt(contact, message)
            fail_point("N4")
            self._done.append(SendResult(delivery.pk, claimed.fence, result))
        except Exception:
            log.exception("%s was not sent", delivery.public_id)
        finally:
            self._give_back(1)
            self._wake()
        self._record_done()

    def _wake(self) -> None:
        """There is room: look again, if there was too little."""
        if self._is_behind:
            wake_now(Hint.DUE)

    def _record_done(self) -> None:
        """Record all that is finished. One thread at a time: what comes meanwhile, it takes along."""
        while self._done and self._recording.acquire(blocking=False):
            try:
                just_now = time.monotonic() - self._recorded_at < BURST_S
                if just_now and len(self._done) < CLAIMED_TOGETHER:
                    self._never.wait(LINGER_S)  # unlike a sleep it cannot fail, whatever the clocks say
                self._recorded_at = time.monotonic()
                self._record([self._done.popleft() for _ in range(len(self._done))])
            finally:
                self._recording.release()
                self._wake()

    def _record(self, sent: list[SendResult]) -> None:
        try:
            record_deliveries(sent, actor=_ACTOR, at=now())
            fail_point("N6")
        except Exception:
            # A lease runs out and another worker takes the delivery: rather a duplicate than a loss.
            log.exception("the results of %s sends were not recorded", len(sent))
            if len(sent) > 1:
                for one in sent:
                    self._record([one])
        finally:
            connections.close_all()


_UNSERVED = """
    SELECT DISTINCT kind, now() FROM paging_delivery
    WHERE state IN ('queued', 'retrying') AND due_at <= now() AND kind <> ALL(%s)
"""


def _send_unserved(channels: Channels) -> int:
    """Deliveries of a kind that nobody here serves fail at once, so that the next contact has its turn."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSERVED, [list(channels.by_kind)])
        found = cursor.fetchall()
    return sum(Sender(kind, channels, slowly=False).run(at) for kind, at in found)


def post_sender(channels: Channels) -> Crew[Post]:
    """Sends what webhooks are told; its threads are its own, so that no page waits for one."""

    def claim(places: int) -> Sequence[Post]:
        at = posts_due()
        return () if at is None else claim_posts(places, actor=_POSTER, at=at)

    def send(post: Post) -> None:
        contact = Contact(f"post-{post.webhook_id}", "webhook", post.webhook.target)
        result = channels.attempt(contact, post_message(post))
        record_posts([SendResult(post.pk, post.fence, result)], actor=_POSTER, at=now())

    return Crew("post", POST_SENDERS, claim, send)


def due_works(channels: Channels) -> tuple[Due, ...]:
    """The due work of the kinds of contact that this installation serves; plugged in by the wiring."""
    senders = {kind: Sender(kind, channels) for kind in sorted(channels.by_kind)}

    def send_due() -> int:
        ready = [kind for kind, sender in senders.items() if sender.has_room()]
        return sum(senders[kind].run(at) for kind, at in due_kinds(ready)) if ready else 0

    return (
        Due("send_due_deliveries", Pool.PAGING, send_due, full=SENDERS_PER_KIND),
        Due("send_unserved", Pool.PAGING, partial(_send_unserved, channels), every_s=1.0),
        Due("send_due_posts", Pool.PAGING, post_sender(channels).run, every_s=0.25, full=POST_SENDERS),
    )
