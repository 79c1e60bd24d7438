"""The coming shifts are remembered, and who has one that new zone data moved is told (O13)."""

from collections.abc import Sequence
from datetime import datetime

from muster.core.change import Change
from muster.core.outlook import AHEAD, KEPT_AGAIN_AFTER, Moved, moved, read_shifts, write_shifts
from muster.core.permissions import Actor
from muster.foundation.access.queries import leads_of
from muster.foundation.timeline.pen import command, lock, record, touch
from muster.mobilize.oncall.commands.notices import tell
from muster.mobilize.oncall.models import Outlook, Schedule
from muster.mobilize.oncall.queries import shifts, stamps_of


@command
def keep_outlooks(release: str, *, actor: Actor, at: datetime) -> int:
    """Remember what is not remembered, or no longer as it stands, by the zone data of this release.

    Where the data are newer and the rota is the same, whoever has a shift that moved is told, with the leads.
    Returns of how many schedules shifts moved.
    """
    live = list(Schedule.objects.filter(retired_at__isnull=True).order_by("id"))
    known = {row.schedule_id: row for row in Outlook.objects.filter(schedule__in=live)}
    stamps = stamps_of(row.pk for row in live)
    told = 0
    for schedule in live:
        stamp, row = stamps[schedule.pk], known.get(schedule.pk)
        if row is None or not _stands(row, release, stamp, at):
            told += _keep(schedule, release, stamp, actor, at)
    return told


def _stands(row: Outlook, release: str, stamp: int, at: datetime) -> bool:
    return (row.release, row.stamp) == (release, stamp) and row.until > at + AHEAD - KEPT_AGAIN_AFTER


def _keep(schedule: Schedule, release: str, stamp: int, actor: Actor, at: datetime) -> int:
    lock(Schedule, schedule.pk)  # of two workers the second finds it done
    row = Outlook.objects.filter(schedule=schedule).first()
    if row is not None and _stands(row, release, stamp, at):
        return 0
    final = shifts(schedule.pk, at, at + AHEAD)
    columns = {"release": release, "stamp": stamp, "until": at + AHEAD, "shifts": write_shifts(final)}
    if row is None:
        facts = {"schedule": schedule.pk, "release": release}
        record(Outlook(schedule=schedule), Change("outlook.kept", columns, facts), actor=actor, at=at)
        return 0
    is_newer = row.release != release and row.stamp == stamp
    strayed = moved(read_shifts(row.shifts), final, at) if is_newer else []
    if not strayed:
        for name, value in columns.items():
            setattr(row, name, value)
        touch([row], *columns)
        return 0
    facts = {"schedule": schedule.pk, "from": row.release, "to": release, "shifts": len(strayed)}
    record(row, Change("outlook.moved", columns, facts), actor=actor, at=at)
    _tell(schedule, strayed, release, actor, at)
    return 1


def _tell(schedule: Schedule, strayed: Sequence[Moved], release: str, actor: Actor, at: datetime) -> None:
    """Each person of their own shifts; the leads of the first ones of all."""
    about = f"schedule:{schedule.pk}@{release}"
    people = dict.fromkeys(int(person) for one in strayed for person in one.after.people)
    for person in people:
        own = [one for one in strayed if person in one.after.people]
        tell([person], "zone_moved", about, _facts(schedule, own, release), actor=actor, at=at)
    leads = [lead for lead in leads_of(schedule.team_id) if lead not in people]
    tell(leads, "zone_moved_team", about, _facts(schedule, strayed, release), actor=actor, at=at)


def _facts(schedule: Schedule, strayed: Sequence[Moved], release: str) -> dict[str, object]:
    was, first = strayed[0].before, strayed[0].after
    return {
        "schedule": schedule.pk,
        "release": release,
        "count": len(strayed),
        "start": first.start.isoformat(),
        "end": first.end.isoformat(),
        "was_start": was.start.isoformat(),
        "was_end": was.end.isoformat(),
    }
