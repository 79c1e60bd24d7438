"""Calendar feeds: the shifts that everything else shows, as an iCalendar file (RFC 5545; R39, O14)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDuration

from muster.core.oncall import Shift
from muster.core.permissions import Actor
from muster.core.text import one_line
from muster.foundation.access.models import Person
from muster.mobilize.oncall.feed_work import add_work
from muster.mobilize.oncall.models import PLANNED, Feed, Override, Schedule, ScheduleVersion
from muster.mobilize.oncall.queries import schedules, shifts

BACK, AHEAD = timedelta(days=31), timedelta(days=186)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One person's unbroken time on call for one schedule."""

    schedule: Schedule
    person: int
    start: datetime
    end: datetime

    @property
    def uid(self) -> str:
        """The same whatever happens to its end or to what stands around it."""
        named = f"{self.schedule.pk}|{self.person}|{self.start.isoformat()}"
        return f"{hashlib.sha256(named.encode()).hexdigest()[:32]}@muster"


def calendar_of(feed: Feed, actor: Actor, at: datetime) -> bytes:
    """What a feed says at an instant to whoever made it; the same bytes until something changes."""
    kind, _sep, number = feed.of.partition(":")
    if kind == PLANNED:
        calendar = _calendar(_("Planned work"))
        add_work(calendar, actor, at - BACK, at + AHEAD)
        return bytes(calendar.to_ical())
    rows = [row for row in schedules(actor) if kind == "person" or _is_of(row, kind, int(number))]
    stretches = list(chain.from_iterable(_stretches(row, at) for row in rows))
    if kind == "person":
        stretches = [one for one in stretches if one.person == int(number)]
    people = Person.objects.in_bulk({one.person for one in stretches})
    calendar = _calendar(_name(kind, rows, people))
    stamps = {row.pk: _stamp(row) for row in rows}
    for one in sorted(stretches, key=lambda one: (one.start, one.schedule.pk, one.person)):
        calendar.add_component(_event(one, people[one.person].name, kind, stamps[one.schedule.pk]))
    return bytes(calendar.to_ical())


def _calendar(name: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Muster//On-call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", one_line(name, 100))
    calendar.add("refresh-interval", vDuration(timedelta(hours=1)), parameters={"VALUE": "DURATION"})
    return calendar


def _is_of(row: Schedule, kind: str, number: int) -> bool:
    return (row.team_id if kind == "team" else row.pk) == number


def _name(kind: str, rows: list[Schedule], people: dict[int, Person]) -> str:
    if kind == "person":
        return _("My on-call")
    if kind == "team" and rows and rows[0].team:
        return _("On-call: %(name)s") % {"name": rows[0].team.name}
    return _("On-call: %(name)s") % {"name": rows[0].name if rows else ""}


def _stretches(schedule: Schedule, at: datetime) -> Iterator[Stretch]:
    """Whole stretches near this instant; reckoned over whole years, so that cutting moves no start."""
    first, last = datetime(at.year - 1, 1, 1, tzinfo=UTC), datetime(at.year + 2, 1, 1, tzinfo=UTC)
    for person, start, end in of_each(shifts(schedule.pk, first, last)):
        if end > at - BACK and start < at + AHEAD:
            yield Stretch(schedule, person, start, end)


def of_each(found: Iterable[Shift]) -> list[tuple[int, datetime, datetime]]:
    """Every person's unbroken stretches in these shifts, which follow each other."""
    running: dict[int, tuple[datetime, datetime]] = {}
    done: list[tuple[int, datetime, datetime]] = []
    for shift in found:
        here = {int(person) for person in shift.people}
        done += [(person, *running.pop(person)) for person in list(running) if person not in here]
        for person in here:
            start = running[person][0] if person in running else shift.start
            running[person] = (start, shift.end)
    return done + [(person, *span) for person, span in running.items()]


def _stamp(schedule: Schedule) -> tuple[int, datetime]:
    """How often a schedule has changed, and when it last did: SEQUENCE and DTSTAMP (of a schedule that the
    caller was shown: engine side).
    """
    moments = list(ScheduleVersion.objects.filter(schedule=schedule).values_list("valid_from", flat=True))
    for added, retired in Override.objects.filter(schedule=schedule).values_list("added_at", "retired_at"):
        moments += [added, retired] if retired else [added]
    return len(moments), max(moments).replace(microsecond=0)


def _event(one: Stretch, person: str, kind: str, stamp: tuple[int, datetime]) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("sequence", stamp[0])
    event.add("dtstamp", stamp[1].astimezone(UTC))
    event.add("dtstart", one.start.astimezone(UTC))
    event.add("dtend", one.end.astimezone(UTC))
    name = one_line(one.schedule.name, 200)
    title = _("On call: %(schedule)s") if kind == "person" else _("%(person)s: %(schedule)s")
    event.add("summary", title % {"schedule": name, "person": one_line(person, 200)})
    event.add("url", f"{settings.BASE_URL.rstrip('/')}/oncall/{one.schedule.handle}")
    event.add("transp", "TRANSPARENT")
    return event
