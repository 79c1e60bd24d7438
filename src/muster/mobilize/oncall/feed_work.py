"""The feed of planned work: what evaluation mutes for it, as events of a calendar."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from muster.core.permissions import Actor
from muster.core.text import one_line
from muster.evaluate.muted import Muting, planned_work
from muster.foundation.timeline.models import Event as Happened

_MOST = 400
"""So many occurrences of one rule at most: more than a daily one has in the time that feeds show."""


def add_work(calendar: Calendar, actor: Actor, a: datetime, b: datetime) -> None:
    """Put the planned work that this actor may see, between two instants, into a calendar."""
    found = planned_work(actor, a, b, most=_MOST)
    stamps = _stamps({one.changed for one in found})
    for one in sorted(found, key=lambda one: (one.start, one.by)):
        calendar.add_component(_event(one, stamps))


def _stamps(changed: set[int]) -> Mapping[int, datetime]:
    """When each rule was changed last: its DTSTAMP stays the same until then."""
    rows = Happened.objects.filter(pk__in=changed).values_list("id", "recorded_at")
    return {pk: at.replace(microsecond=0) for pk, at in rows}


def _event(one: Muting, stamps: Mapping[int, datetime]) -> Event:
    event = Event()
    named = f"{one.by}|{one.start.isoformat()}"
    event.add("uid", f"{hashlib.sha256(named.encode()).hexdigest()[:32]}@muster")
    event.add("sequence", one.changed % 2**31)
    event.add("dtstamp", stamps.get(one.changed, one.start.replace(microsecond=0)).astimezone(UTC))
    event.add("dtstart", one.start.astimezone(UTC))
    event.add("dtend", one.end.astimezone(UTC))
    event.add("summary", _("Planned work: %(name)s") % {"name": one_line(one.name, 200)})
    about = ", ".join([*one.where, *one.matchers])
    event.add("description", one_line(f"{one.why} ({one.who}). {about}", 500))
    event.add("url", f"{settings.BASE_URL.rstrip('/')}/settings/rules/{one.key}")
    event.add("transp", "TRANSPARENT")
    return event
