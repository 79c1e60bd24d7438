"""Sends what is due, each kind of contact by its own threads: a hanging provider delays no other's page."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.db import connection, connections

from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.core.ports.contact import Channels, Contact, SendFailed
from muster.core.retry import AttemptFailed
from muster.foundation.timeline.due import Due, Pool
from muster.foundation.timeline.hints import wake_all
from muster.mobilize.paging.commands import Claimed, claim_deliveries, record_delivery
from muster.mobilize.paging.messages import message_for

log = logging.getLogger(__name__)

SENDERS_PER_KIND = 8
_ACTOR = system("send_due_deliveries")


class Sender:
    """Claims and sends the deliveries of one kind of contact."""

    def __init__(self, kind: str, channels: Channels) -> None:
        self.kind = kind
        self._channels = channels
        self._bundled = kind in channels.by_kind and channels.by_kind[kind].form.read_by_person
        self._pool = ThreadPoolExecutor(SENDERS_PER_KIND, thread_name_prefix=f"send-{kind}")
        self._free = threading.Semaphore(SENDERS_PER_KIND)

    def run(self) -> int:
        """Claim as many as there are free threads, and send them; returns how many were claimed."""
        places = self._take_places()
        if not places:
            return 0
        claimed: list[Claimed] = []
        try:
            claimed = claim_deliveries(self.kind, places, self._bundled, actor=_ACTOR, at=_now())
        finally:
            for _ in range(places - len(claimed)):
                self._free.release()
        for one in claimed:
            self._pool.submit(self._send, one)
        return len(claimed)

    def _take_places(self) -> int:
        places = 0
        while places < SENDERS_PER_KIND and self._free.acquire(blocking=False):
            places += 1
        return places

    def _send(self, claimed: Claimed) -> None:
        try:
            result = self._attempt(claimed)
            record_delivery(claimed.delivery.pk, claimed.fence, result, actor=_ACTOR, at=_now())
        except Exception:
            # The lease runs out and another worker takes the delivery: rather a duplicate than a loss.
            log.exception("the result of %s was not recorded", claimed.delivery.public_id)
        finally:
            connections.close_all()
            self._free.release()
            wake_all()

    def _attempt(self, claimed: Claimed) -> Accepted | AttemptFailed:
        delivery = claimed.delivery
        try:
            message = message_for(delivery, claimed.carries)
            contact = Contact(str(delivery.contact_id), delivery.kind, delivery.contact.target)
            connection.close()  # no connection is held while the provider takes its time (M14)
            return Accepted(self._channels.send(contact, message).receipt)
        except SendFailed as failed:
            return AttemptFailed(failed.permanent, failed.reason, failed.detail, failed.retry_after)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


_UNSERVED = """
    SELECT DISTINCT kind FROM paging_delivery
    WHERE state IN ('queued', 'retrying') AND due_at <= now() AND kind <> ALL(%s)
"""


def _send_unserved(channels: Channels) -> int:
    """Deliveries of a kind that nobody here serves fail at once, so that the next contact has its turn."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSERVED, [list(channels.by_kind)])
        kinds = [row[0] for row in cursor.fetchall()]
    return sum(Sender(kind, channels).run() for kind in kinds)


def due_works(channels: Channels) -> tuple[Due, ...]:
    """The due work of every kind of contact that this installation serves; plugged in by the wiring."""
    served = [
        Due(f"send_{kind}", Pool.PAGING, Sender(kind, channels).run) for kind in sorted(channels.by_kind)
    ]
    return (*served, Due("send_unserved", Pool.PAGING, partial(_send_unserved, channels), every_s=1.0))
