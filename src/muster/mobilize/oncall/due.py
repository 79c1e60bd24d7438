"""What on-call does by the clock: requests end, shifts are announced, notices leave, calendars are read."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from muster.core.permissions import system
from muster.core.ports.busy import BusyReader, CalendarUnread
from muster.core.ports.busy_form import LOOKED_AHEAD, BusyReason
from muster.core.ports.contact import Channels, Contact, SendFailed
from muster.core.ports.contact_form import FailureReason
from muster.core.retry import AttemptFailed
from muster.core.rotation import Span
from muster.foundation.access.queries import contacts_of, now
from muster.foundation.timeline.due import Due, Pool
from muster.mobilize.oncall.commands import (
    claim_calendars,
    claim_notices,
    expire_covers,
    record_calendar,
    record_notice,
    tell_of_shifts,
)
from muster.mobilize.oncall.messages import message_for
from muster.mobilize.oncall.models import Availability, Notice
from muster.mobilize.oncall.queries import coming_on

log = logging.getLogger(__name__)

BATCH = 50
TOLD_BEFORE = timedelta(hours=1)
"""How long before a shift begins its person is told."""


def expire_due_covers() -> int:
    """End the cover requests that nobody answered in time."""
    return expire_covers(BATCH, actor=system("expire_due_covers"), at=now())


def announce_due_shifts() -> int:
    """Tell whoever comes on call within the hour, once per shift; returns 0, so that it waits its minute."""
    at = now()
    tell_of_shifts(coming_on(at, at + TOLD_BEFORE), actor=system("announce_due_shifts"), at=at)
    return 0


def send_due_notices(channels: Channels) -> int:
    """Send notices, each to the first contact that its person reads; recorded after the send."""
    actor = system("send_due_notices")
    claimed = claim_notices(BATCH, actor=actor, at=now())
    for notice in claimed:
        failed = _sent(notice, channels)
        record_notice(notice.pk, failed, actor=actor, at=now())
    return len(claimed)


def _sent(notice: Notice, channels: Channels) -> AttemptFailed | None:
    contact = _contact(notice.person_id, channels)
    if contact is None:
        return AttemptFailed(permanent=True, reason=FailureReason.NOT_CONFIGURED)
    message = message_for(notice)
    connection.close()  # no connection is held while the provider takes its time
    try:
        channels.send(contact, message)
    except SendFailed as failed:
        return AttemptFailed(failed.permanent, failed.reason, failed.detail, failed.retry_after)
    return None


def _contact(person_id: int, channels: Channels) -> Contact | None:
    for row in contacts_of([person_id])[person_id]:
        channel = channels.by_kind.get(row.kind)
        if channel is not None and channel.form.read_by_person and row.verified_at is not None:
            return Contact(str(row.pk), row.kind, row.target)
    return None


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
    Due("announce_due_shifts", Pool.BACKGROUND, announce_due_shifts, every_s=60.0),
)


def due_works(channels: Channels, reader: BusyReader) -> tuple[Due, ...]:
    """The due work that touches the world; plugged in by the wiring."""
    return (
        Due("send_due_notices", Pool.BACKGROUND, partial(send_due_notices, channels), every_s=1.0),
        Due("read_due_calendars", Pool.BACKGROUND, partial(read_due_calendars, reader), every_s=5.0),
    )
