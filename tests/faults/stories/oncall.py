"""Stories of shifts: whoever is asked, at whichever instant, the answer is the same, and the right one."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from faults.cells.outcome import Outcome
from faults.rig.site import Plan, Site
from faults.stories import Story

_JAVA = Path(__file__).parents[2] / "core" / "java_instants.csv"
_TWICE = 5
_INSTANT = timedelta(microseconds=1)


def _ambiguous() -> list[tuple[str, datetime, int]]:
    """Local times that come twice, each in another zone, and the instant that java.time makes of them."""
    found: dict[str, tuple[str, datetime, int]] = {}
    with _JAVA.open() as file:
        for row in csv.DictReader(file):
            local = datetime.fromisoformat(row["local"])
            first, second = (local.replace(tzinfo=ZoneInfo(row["zone"]), fold=fold) for fold in (0, 1))
            twice = first.utcoffset() > second.utcoffset()  # type: ignore[operator]
            if twice:
                found.setdefault(row["zone"], (row["zone"], local, int(row["epoch_seconds"])))
    return list(found.values())[:_TWICE]


def _configuration() -> str:
    lines = ["schedules:"]
    lines.append(
        "  - {handle: weekly, team: payments, timezone: Europe/Madrid,\n"
        '     layers: [{every: 1 day, start: "2026-01-05T09:00", people: [ana, ben, dora]}]}'
    )
    for n, (zone, local, _) in enumerate(_ambiguous()):
        start = (local - timedelta(days=10)).isoformat(timespec="seconds")
        lines.append(
            f"  - {{handle: twice-{n}, team: payments, timezone: {zone},\n"
            f'     layers: [{{every: 1 day, start: "{start}", people: [ana, ben]}}]}}'
        )
    return "\n".join([*lines, ""])


def _handoffs(site: Site) -> list[Outcome]:
    """Just before each handoff, and at it exactly: the engine, the list of shifts and the API."""
    start = datetime(2027, 3, 1, 8, tzinfo=UTC)
    for day in range(6):
        for at in (start + timedelta(days=day) - _INSTANT, start + timedelta(days=day)):
            _ask(site, "weekly", at)
    return [Outcome("handoffs")]


def _folds(site: Site) -> list[Outcome]:
    """A handoff at a time that comes twice: at the first, as java.time says."""
    # The oracle's instants are past ones, of which a schedule that is made today says nothing.
    site.sql(
        "SET session_replication_role = replica; "
        "UPDATE oncall_scheduleversion SET valid_from = '2000-01-01T00:00:00Z'"
    )
    for n, (_, _, epoch) in enumerate(_ambiguous()):
        at = datetime.fromtimestamp(epoch, UTC)
        site.history.write(op="oncall", key=f"twice-{n}", by="java.time", when=str(at), people=["ana"])
        _ask(site, f"twice-{n}", at)
        before = at - _INSTANT
        site.history.write(op="oncall", key=f"twice-{n}", by="java.time", when=str(before), people=["ben"])
        _ask(site, f"twice-{n}", before)
    return [Outcome("folds")]


def _ask(site: Site, schedule: str, at: datetime) -> None:
    client = site.client
    spelled = at.isoformat().replace("+00:00", "Z")
    until = (at + _INSTANT).isoformat().replace("+00:00", "Z")
    shifts = client.api("GET", f"/schedules/{schedule}/shifts", params={"from": spelled, "to": until})
    assert shifts.status_code == 200, shifts.text
    told = client.api("GET", "/oncall", params={"schedule": schedule, "at": spelled}).json()["people"]
    engine = site.python(
        "from datetime import datetime\n"
        "from muster.mobilize.oncall import queries\n"
        "from muster.mobilize.oncall.models import Schedule\n"
        "from muster.foundation.access.models import Person\n"
        f"row = Schedule.objects.get(handle={schedule!r})\n"
        f"people = queries.on_call_at(row.pk, datetime.fromisoformat({at.isoformat()!r}))\n"
        "print(*[Person.objects.get(pk=one).handle for one in people])\n"
    )
    for by, people in (
        ("engine", engine.split()),
        ("shifts", shifts.json()["items"][0]["people"]),
        ("API", told),
    ):
        site.history.write(op="oncall", key=schedule, by=by, when=str(at), people=people)


_PLAN = Plan(more=_configuration(), webs=1, workers=1)
HANDOFFS = Story(_PLAN, _handoffs, "handoffs")
FOLDS = Story(_PLAN, _folds, "folds")
