"""What heartbeats say to people: their rhythm, and the first line of their alert."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.heartbeats import Down, Schedule
from muster.core.ports.source_form import KEY_PLACEHOLDER
from muster.core.wallclock import zone
from muster.detect.models import Heartbeat

_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


def silence_words(row: Heartbeat, why: Down, exit_status: int | None = None) -> str:
    """The first line of an alert, unless the heartbeat has words of its own."""
    if why is Down.FAILED:
        if exit_status is not None:
            return _("%(name)s failed with exit status %(status)s") % {
                "name": row.name,
                "status": exit_status,
            }
        return _("%(name)s reported a failure") % {"name": row.name}
    if why is Down.UNFINISHED and row.started_at is not None:
        facts = {"name": row.name, "at": wall(row.started_at, row.timezone)}
        return _("%(name)s began a run at %(at)s and has not finished it") % facts
    since = row.last_ping_at or row.since
    if since is None:
        return _("%(name)s has not reported in time") % {"name": row.name}
    return _("%(name)s has not reported since %(at)s") % {"name": row.name, "at": wall(since, row.timezone)}


def ping_address(base_url: str, key: str = KEY_PLACEHOLDER) -> str:
    """What a job has to ping; without a key, a placeholder stands in its place."""
    return f"{base_url.rstrip('/')}/ping/{key}"


def ping_command(base_url: str, key: str = KEY_PLACEHOLDER) -> str:
    """What to copy into a job: its exit status is told too, and a busy network is tried again."""
    address = ping_address(base_url, key)
    return (
        f"curl -fsS -m 10 --retry 5 -o /dev/null {address}/start\n"
        f"your-job\n"
        f"curl -fsS -m 10 --retry 5 -o /dev/null {address}/$?\n"
    )


def wall(at: datetime, timezone: str) -> str:
    """An instant on the clock of a heartbeat's own zone."""
    return f"{at.astimezone(zone(timezone)):%Y-%m-%d %H:%M} ({timezone})"


def schedule_words(schedule: Schedule) -> str:
    """A schedule in words: "every 15 minutes", or what a cron expression means and by which clock."""
    if schedule.every is None:
        facts = {"when": schedule.explained, "zone": schedule.timezone}
        return _("%(when)s (%(zone)s)") % facts
    n, unit = _parted(schedule.every)
    if n != 1:
        return _("every %(length)s") % {"length": length_words(schedule.every)}
    return {"days": _("every day"), "hours": _("every hour"), "minutes": _("every minute")}[unit]


def length_words(length: timedelta) -> str:
    """A length of time in the largest unit that it is a whole number of: "15 minutes"."""
    n, unit = _parted(length)
    words = {
        "days": ngettext("%(n)s day", "%(n)s days", n),
        "hours": ngettext("%(n)s hour", "%(n)s hours", n),
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", n),
        "seconds": ngettext("%(n)s second", "%(n)s seconds", n),
    }
    return words[unit] % {"n": n}


def _parted(length: timedelta) -> tuple[int, str]:
    seconds = int(length.total_seconds())
    size, unit = next((part for part in _UNITS if seconds and seconds % part[0] == 0), _UNITS[-1])
    return seconds // size, unit
