"""Newer zone data that moves a coming shift is told. O13"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from database import Clock, Database
from fakes.smtp import SmtpServer
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.oncall import Shift
from muster.core.outlook import AHEAD, moved, read_shifts, write_shifts
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.core.wallclock import TZDATA_VERSION
from muster.foundation.access.queries import now
from muster.foundation.catalog.commands import add_team
from muster.foundation.timeline.models import Event
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.due import tell_one, watch_zone_data
from muster.mobilize.oncall.models import Notice, Outlook, Schedule
from muster.mobilize.oncall.queries import shifts
from people import Cast

TESTS = system("tests")
MONDAY = datetime(2027, 1, 4, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def rota(cast: Cast, clock: Clock) -> Schedule:
    """Ana's week, then Ben's, of a team that Cleo leads."""
    clock.set(MONDAY)
    members = [cast.id("ana"), cast.id("ben")]
    team = add_team(actor=TESTS, at=now(), handle="pay", name="Pay", members=members, manager=cast.id("cleo"))
    layer = {"every": "1 week", "start": "2027-01-04T09:00", "people": members}
    spec = {"timezone": "Europe/Madrid", "layers": [layer]}
    row = commands.add_schedule(
        actor=TESTS, at=now(), handle="primary", name="Primary", spec=spec, team_id=team.pk
    )
    clock.set(MONDAY + 2 * HOUR)
    return row


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def channels(smtp: SmtpServer) -> Channels:
    egress = Egress(Allowed.parse("127.0.0.0/8,::1/128"))
    return Channels({"email": EmailChannel(egress, Server.parse(smtp.url))})


def told() -> list[tuple[str, str]]:
    """Who is told what."""
    return list(Notice.objects.order_by("id").values_list("kind", "person__handle"))


def left_by_an_older_release(database: Database, outlook: Outlook) -> None:
    """As if data of 2020 had Madrid an hour further east from 28 March on."""
    spring = datetime(2027, 3, 28, 1, tzinfo=UTC)

    def moved(at: datetime) -> datetime:
        return at - HOUR if at > spring else at

    older = [Shift(moved(one.start), moved(one.end), one.people) for one in read_shifts(outlook.shifts)]
    sql = "UPDATE oncall_outlook SET release = '2020.1', shifts = %s"
    database.as_owner(sql, json.dumps(write_shifts(older)))


def test_newer_zone_data_that_moves_a_shift_is_told_to_its_person_and_to_the_lead(
    rota: Schedule,
    database: Database,
    smtp: SmtpServer,
    channels: Channels,
    reach: Callable[[str], None],
) -> None:
    """O13: once, with what was and what is."""
    reach("ben"), reach("cleo")
    watch_zone_data()
    outlook = Outlook.objects.get()
    assert outlook.release == TZDATA_VERSION
    left_by_an_older_release(database, outlook)
    watch_zone_data()
    watch_zone_data()
    assert sorted(told()) == [("zone_moved", "ana"), ("zone_moved", "ben"), ("zone_moved_team", "cleo")]
    for notice in commands.claim_notices(9, actor=TESTS, at=now()):
        tell_one(notice, channels)
    mails = {mail.recipients[0]: mail for mail in smtp.wait_for(2)}
    own = mails["ben@example.com"].text()
    assert "move your shift of Primary: now Mon 22 Mar, 08:00 (UTC) to Mon 29 Mar, 07:00 (UTC)" in own
    assert "It was Mon 22 Mar, 08:00 (UTC) to Mon 29 Mar, 06:00 (UTC)." in own
    assert TZDATA_VERSION in mails["cleo@example.com"].text()
    [event] = Event.objects.filter(kind="outlook.moved")
    assert (event.payload["from"], event.payload["to"]) == ("2020.1", TZDATA_VERSION)


def test_an_edit_under_newer_data_is_no_news(rota: Schedule, database: Database, cast: Cast) -> None:
    """Who edits sees the shifts; data that move nothing are not told either."""
    watch_zone_data()
    database.as_owner("UPDATE oncall_outlook SET release = '2020.1'")
    watch_zone_data()
    left_by_an_older_release(database, Outlook.objects.get())
    start, end = MONDAY + DAY, MONDAY + 2 * DAY
    commands.add_override(
        rota.pk, start=start.isoformat(), end=end.isoformat(), person_id=cast.id("ben"), actor=TESTS, at=now()
    )
    watch_zone_data()
    assert told() == []
    kept = Outlook.objects.get()
    assert kept.release == TZDATA_VERSION
    assert read_shifts(kept.shifts) == shifts(rota.pk, kept.until - AHEAD, kept.until)


def test_what_moved_is_told_of_the_time_that_both_know() -> None:
    """Not the cut end of an outlook, not the begun part, not a shift of people who had none."""
    ana, ben = (("1",), ("2",))
    before = [Shift(MONDAY, MONDAY + 7 * DAY, ana), Shift(MONDAY + 7 * DAY, MONDAY + 10 * DAY, ben)]
    at = MONDAY + DAY
    after = [Shift(at, MONDAY + 7 * DAY, ana), Shift(MONDAY + 7 * DAY, MONDAY + 12 * DAY, ben)]
    assert moved(before, after, at) == []
    later = [Shift(at, MONDAY + 7 * DAY + HOUR, ana), Shift(MONDAY + 7 * DAY + HOUR, MONDAY + 12 * DAY, ben)]
    assert [(one.before.end - one.after.end, one.after.people) for one in moved(before, later, at)] == [
        (-HOUR, ana),
        (timedelta(0), ben),
    ]
