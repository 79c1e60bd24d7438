"""What on-call does by the clock: requests end, shifts are announced, notices leave, calendars are read."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from muster.core.delivery import Accepted
from muster.core.notices import ways
from muster.core.oncall import INSTANT
from muster.core.paging import ContactMethod
from muster.core.permissions import system
from muster.core.ports.busy import BusyReader, CalendarUnread
from muster.core.ports.busy_form import LOOKED_AHEAD, BusyReason
from muster.core.ports.contact import Channels, Contact
from muster.core.ports.contact_form import FailureReason
from muster.core.retry import AttemptFailed
from muster.core.rotation import Span
from muster.core.wallclock import TZDATA_VERSION
from muster.foundation.access.queries import contact_rules, contacts_of, now
from muster.foundation.timeline.crew import Crew
from muster.foundation.timeline.due import Due, Pool
from muster.mobilize.oncall.ahead import absent, hand_offs, holes, rotas, still_so
from muster.mobilize.oncall.commands import (
    claim_calendars,
    claim_notices,
    drop_notice,
    expire_covers,
    keep_outlooks,
    record_calendar,
    record_notice,
    tell_of_coming,
    tell_of_hand_offs,
    tell_of_holes,
)
from muster.mobilize.oncall.messages import message_for
from muster.mobilize.oncall.models import Availability, Notice

log = logging.getLogger(__name__)

BATCH = 50
SENDERS = 4
DAY_BEFORE, HOUR_BEFORE = timedelta(hours=24), timedelta(hours=1)
"""How long before a shift begins its person is reminded."""
LATE = timedelta(minutes=15)
"""A hand-over that nobody was told of within this, because nothing ran, is told no more."""
_SENDING = system("send_due_notices")


def expire_due_covers() -> int:
    """End the cover requests that nobody answered in time."""
    return expire_covers(BATCH, actor=system("expire_due_covers"), at=now())


def announce_due_shifts() -> int:
    """Tell of hand-overs, and remind whoever comes on call within the hour; once each.

    Returns 0, as all that looks: it waits for its next time.
    """
    at, found, actor = now(), rotas(), system("announce_due_shifts")
    tell_of_hand_offs(hand_offs(found, at - LATE, at + INSTANT), actor=actor, at=at)
    coming = hand_offs(found, at + INSTANT, at + HOUR_BEFORE)
    tell_of_coming("shift_begins", coming, actor=actor, at=at)
    return 0


def announce_tomorrow() -> int:
    """Remind whoever comes on call within a day, once per shift."""
    at = now()
    coming = hand_offs(rotas(), at + HOUR_BEFORE, at + DAY_BEFORE)
    tell_of_coming("shift_tomorrow", coming, actor=system("announce_tomorrow"), at=at)
    return 0


def warn_of_holes() -> int:
    """Tell teams' leads where nobody is on call within a week, and who is on call while away."""
    at, found = now(), rotas()
    tell_of_holes(holes(found, at), absent(found, at), actor=system("warn_of_holes"), at=at)
    return 0


def watch_zone_data() -> int:
    """Remember the coming shifts, and tell of those that newer zone data moved."""
    keep_outlooks(TZDATA_VERSION, actor=system("watch_zone_data"), at=now())
    return 0


def notice_sender(channels: Channels) -> Crew[Notice]:
    """Sends notices with threads of its own, so that a hanging provider delays no other notice."""

    def claim(places: int) -> Sequence[Notice]:
        return claim_notices(places, actor=_SENDING, at=now())

    return Crew("send-notices", SENDERS, claim, partial(tell_one, channels=channels))


def tell_one(notice: Notice, channels: Channels) -> None:
    """Send one claimed notice by the first of its person's ways that takes it; recorded after the send."""
    if not still_so(notice):
        drop_notice(notice.pk, actor=_SENDING, at=now())
        return
    message, failed = message_for(notice), None
    for contact in _ways(notice, channels):
        connection.close()  # no connection is held while the provider takes its time
        result = channels.attempt(contact, message)
        if isinstance(result, Accepted):
            record_notice(notice.pk, None, actor=_SENDING, at=now(), contact_id=int(contact.id) or None)
            return
        failed = result
        if not failed.permanent:
            break
    failed = failed or AttemptFailed(permanent=True, reason=FailureReason.NOT_CONFIGURED)
    record_notice(notice.pk, failed, actor=_SENDING, at=now())


def _ways(notice: Notice, channels: Channels) -> list[Contact]:
    """By the person's own rules; last of all to the address with which they sign in."""
    rows = {row.pk: row for row in contacts_of([notice.person_id])[notice.person_id]}
    methods = [
        ContactMethod(
            row.pk, row.kind, row.name, row.verified_at is not None and row.kind in channels.by_kind
        )
        for row in rows.values()
    ]
    besides = notice.facts.get("besides", ())
    ordered = ways(contact_rules(notice.person), methods, notice.created_at, besides)
    found = [Contact(str(one.id), one.kind, rows[int(one.id)].target) for one in ordered]
    address = notice.person.email
    tried = {row.target.get("address") for row in rows.values() if row.kind == "email"}
    if address and address not in tried and "email" in channels.by_kind:
        found.append(Contact("0", "email", {"address": address}))
    return found


def read_due_calendars(reader: BusyReader) -> int:
    """Read the calendars whose hour has come, and keep when their owners are busy."""
    actor = system("read_due_calendars")
    claimed = claim_calendars(5, actor=actor, at=now())
    for row in claimed:
        url, timezone, at = row.calendar["url"], row.person.timezone, now()
        connection.close()
        read = _read(reader, row, url, timezone, at)
        record_calendar(row.pk, url, read, actor=actor, at=now())
    return len(claimed)


def _read(
    reader: BusyReader, row: Availability, url: str, timezone: str, at: datetime
) -> list[Span] | BusyReason:
    try:
        return reader.read(url, timezone, at, at + LOOKED_AHEAD)
    except CalendarUnread as unread:
        log.info("the calendar of availability %s was not read: %s", row.pk, unread.reason)
        return unread.reason
    except Exception:
        log.exception("the calendar of availability %s could not be read", row.pk)
        return BusyReason.NO_CALENDAR


DUE = (
    Due("expire_due_covers", Pool.BACKGROUND, expire_due_covers, every_s=5.0),
    Due("announce_due_shifts", Pool.BACKGROUND, announce_due_shifts, every_s=20.0),
    Due("announce_tomorrow", Pool.BACKGROUND, announce_tomorrow, every_s=600.0),
    Due("watch_zone_data", Pool.BACKGROUND, watch_zone_data, every_s=60.0),
    Due("warn_of_holes", Pool.BACKGROUND, warn_of_holes, every_s=300.0),
)


def due_works(channels: Channels, reader: BusyReader) -> tuple[Due, ...]:
    """The due work that touches the world; plugged in by the wiring."""
    return (
        Due("send_due_notices", Pool.BACKGROUND, notice_sender(channels).run, every_s=0.5),
        Due("read_due_calendars", Pool.BACKGROUND, partial(read_due_calendars, reader), every_s=5.0),
    )
