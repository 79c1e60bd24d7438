"""Who is on call: the rows as plain data, and the answers of `core.oncall`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet

from muster.core import oncall
from muster.core.oncall import History, Segment, Shift, Version
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.schedule_form import read_schedule
from muster.core.wallclock import format_moment, instant, parse_moment, zone
from muster.foundation.access.queries import token_hash
from muster.foundation.catalog import handles
from muster.foundation.timeline.models import EventText, Recorded, database_now
from muster.mobilize.oncall.models import (
    Availability,
    CoverRequest,
    Feed,
    HandoffNote,
    Leave,
    Notice,
    Override,
    Schedule,
    ScheduleVersion,
)
from muster.mobilize.oncall.reasons import OnCall

LOOKED_AHEAD = timedelta(days=28)


def schedules(actor: Actor) -> QuerySet[Schedule]:
    """The schedules in use, by name."""
    return (
        Schedule.objects.visible_to(actor)
        .select_related("team")
        .filter(retired_at__isnull=True)
        .order_by("name")
    )


def visible_schedules(actor: Actor) -> QuerySet[Schedule]:
    """All schedules, retired ones too."""
    return Schedule.objects.visible_to(actor).select_related("team")


def schedule_of(actor: Actor, handle: str) -> Schedule:
    """Return a schedule by its handle or one it had before. Raises `Refused` when there is none."""
    rows = Schedule.objects.visible_to(actor).select_related("team")
    found = handles.named(rows, handle)
    if found is None:
        raise Refused(OnCall.SCHEDULE_NOT_FOUND, {"handle": handle})
    return found


def history_of(schedule_id: int) -> History:
    """Every version of a schedule with its overrides, as the rules see it; persons are ids (engine side)."""
    rows = list(Override.objects.filter(schedule_id=schedule_id).order_by("id"))
    versions = ScheduleVersion.objects.filter(schedule_id=schedule_id).order_by("valid_from", "id")
    return history_of_rows(versions, rows)


def history_of_rows(versions: Iterable[ScheduleVersion], overrides: Sequence[Override]) -> History:
    """The same of rows that were read already: both of one schedule, oldest first."""
    return History(tuple(_version(row, overrides) for row in versions))


def stamps_of(schedule_ids: Iterable[int]) -> dict[int, int]:
    """The newest event of the versions and overrides of each schedule: whether a rota was edited (engine
    side).
    """
    found = dict.fromkeys(schedule_ids, 0)
    for model in (ScheduleVersion, Override):
        rows = model._default_manager.filter(schedule_id__in=list(found)).values_list("schedule_id")
        for schedule_id, newest in rows.annotate(newest=Max("last_event_id")).order_by():
            found[schedule_id] = max(found[schedule_id], newest)
    return found


def latest_specs(schedule_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What each of these schedules says now: the `spec` of its latest version (engine side)."""
    rows = ScheduleVersion.objects.filter(schedule_id__in=list(schedule_ids)).order_by("valid_from", "id")
    return dict(rows.values_list("schedule_id", "spec"))


def is_over(override: Override, schedule: Schedule, at: datetime) -> bool:
    """Whether an override's interval has passed."""
    return instant(parse_moment(override.end), zone(schedule.timezone)) <= at


def overrides_of(actor: Actor, schedule: Schedule) -> list[Override]:
    """The overrides in use of a schedule that this actor may see, in the order in which they were made."""
    rows = Override.objects.visible_to(actor).select_related("person", "replaces")
    return list(rows.filter(schedule=schedule, retired_at__isnull=True).order_by("id"))


def override_of(actor: Actor, override_id: int) -> Override:
    """Return an override by its number. Raises `Refused` when there is none for this actor."""
    rows = Override.objects.visible_to(actor).select_related("person", "replaces")
    found = rows.filter(pk=override_id).first()
    if found is None:
        raise Refused(OnCall.OVERRIDE_NOT_FOUND)
    return found


def _version(row: ScheduleVersion, overrides: Sequence[Override]) -> Version:
    where = zone(row.spec["timezone"])
    written = [found for override in overrides if (found := _counting(override, where)) is not None]
    return Version(row.valid_from, read_schedule(row.spec | {"overrides": written}))


def _counting(row: Override, where: ZoneInfo) -> dict[str, Any] | None:
    """The part of an override that counts: from when it was made until it was taken back, if any."""
    start, end = instant(parse_moment(row.start), where), instant(parse_moment(row.end), where)
    begins = max(start, row.added_at)
    ends = end if row.retired_at is None else min(end, row.retired_at)
    if begins >= ends:
        return None
    written: dict[str, Any] = {
        "from": row.start if begins == start else format_moment(begins),
        "to": row.end if ends == end else format_moment(ends),
        "person": row.person_id,
        "kind": row.kind,
    }
    return written if row.replaces_id is None else written | {"replaces": row.replaces_id}


def on_call_at(schedule_id: int, at: datetime) -> tuple[int, ...]:
    """The ids of the people on call at an instant; empty when nobody is (engine side)."""
    return people_on_call(history_of(schedule_id), at)


def people_on_call(history: History, at: datetime) -> tuple[int, ...]:
    """The same of a rota that was read already."""
    return tuple(int(person) for person in oncall.on_call_at(history, at))


def explain_at(schedule_id: int, at: datetime) -> Segment:
    """Who is on call at an instant, until when, and by which layer or override (engine side)."""
    return oncall.explain_at(history_of(schedule_id), at)


def shift_at(schedule_id: int, at: datetime) -> Shift:
    """The stretch at an instant: who is on call (or nobody), and until when, looked at four weeks ahead."""
    return shifts(schedule_id, at, at + LOOKED_AHEAD)[0]


def shifts(schedule_id: int, a: datetime, b: datetime) -> list[Shift]:
    """The shifts of a schedule between two instants, gaps included as shifts of nobody (engine side)."""
    return oncall.shifts(history_of(schedule_id), a, b)


def gaps(schedule_id: int, a: datetime, b: datetime) -> list[Shift]:
    """Where nobody is on call between two instants (engine side)."""
    return oncall.gaps(history_of(schedule_id), a, b)


def rota_of(schedule_id: int) -> list[int]:
    """The ids of the people in the layers of a schedule, each once, in their order."""
    layers = latest_specs([schedule_id])[schedule_id]["layers"]
    return list(dict.fromkeys(person for layer in layers for person in layer["people"]))


def cover_requests(actor: Actor) -> QuerySet[CoverRequest]:
    """The cover requests that this actor may see, newest first."""
    rows = CoverRequest.objects.visible_to(actor)
    return rows.select_related("schedule", "asker", "asked", "taken_by").order_by("-id")


def notes_of(actor: Actor, schedule: Schedule) -> QuerySet[HandoffNote]:
    """The hand-off notes of a schedule, newest first."""
    rows = HandoffNote.objects.visible_to(actor).select_related("person")
    return rows.filter(schedule=schedule).order_by("-id")


def text_of(row: Recorded) -> str:
    """What somebody wrote with the newest event of a row that the caller was shown; empty when erased."""
    return (
        EventText.objects.filter(event_id=row.last_event_id, name="note")
        .values_list("body", flat=True)
        .first()
        or ""
    )


def feeds_of(actor: Actor) -> QuerySet[Feed]:
    """The calendar feeds that this actor has made and that still answer, newest first."""
    rows = Feed.objects.visible_to(actor).filter(person_id=actor.id or 0, revoked_at__isnull=True)
    return rows.order_by("-id")


def feed_by_secret(secret: str) -> Feed | None:
    """The feed of an address, revoked ones not (engine side: all we know of the reader is the secret)."""
    return Feed.objects.filter(hash=token_hash(secret), revoked_at__isnull=True).first()


def due_covers(limit: int) -> list[int]:
    """The requests whose time has run out (engine side)."""
    return _due(CoverRequest, limit)


def due_notices(limit: int) -> list[int]:
    """The notices to send now (engine side)."""
    return _due(Notice, limit)


def due_calendars(limit: int) -> list[int]:
    """The calendars to read now (engine side)."""
    return _due(Availability, limit)


def _due(model: type[CoverRequest] | type[Notice] | type[Availability], limit: int) -> list[int]:
    """Rows whose `due_at` has come by the database's clock, the oldest first, locked ones left to others
    (engine side).
    """
    rows = model.objects.select_for_update(skip_locked=True, no_key=True).filter(due_at__lte=database_now())
    return list(rows.order_by("due_at", "id").values_list("id", flat=True)[:limit])


def notice_keys(keys: Iterable[str]) -> set[str]:
    """Which of these have been told already (engine side)."""
    return set(Notice.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def leaves(actor: Actor) -> QuerySet[Leave]:
    """The leave in use that this actor may see, newest first."""
    rows = Leave.objects.visible_to(actor).select_related("person")
    return rows.filter(retired_at__isnull=True).order_by("-id")


def availability_of(actor: Actor) -> Availability | None:
    """The actor's own holidays and calendar, if they said any."""
    rows = Availability.objects.visible_to(actor).select_related("person")
    return rows.filter(person_id=actor.id or 0).first()
