"""On-call around the schedule: cover with consent, leave, calendars, feeds, notes, notices. R39, peers 10c"""

from datetime import UTC, datetime, timedelta

import pytest

from database import Clock
from fakes.smtp import SmtpServer
from fakes.webhook import WebhookReceiver, status
from muster.adapters.calendars.ical.reader import IcalReader
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.cover import CoverReason, CoverVerb
from muster.core.permissions import Denied, system
from muster.core.ports.contact import Channels
from muster.core.refusal import Refused
from muster.foundation.access.commands import change_person
from muster.foundation.access.models import Person
from muster.foundation.access.queries import now
from muster.foundation.timeline.models import Event
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.due import (
    announce_due_shifts,
    expire_due_covers,
    read_due_calendars,
    tell_one,
)
from muster.mobilize.oncall.models import Availability, CoverRequest, Notice, Override, Schedule
from muster.mobilize.oncall.presence import around, away, festive
from muster.mobilize.oncall.queries import on_call_at, shifts
from people import Cast

TESTS = system("tests")
MONDAY = datetime(2027, 1, 4, 8, tzinfo=UTC)
DAY = timedelta(days=1)
GIVE, BACK = (MONDAY + DAY, MONDAY + 2 * DAY), (MONDAY + 8 * DAY, MONDAY + 9 * DAY)


@pytest.fixture
def rota(cast: Cast, clock: Clock) -> Schedule:
    """Ana's week, then Ben's, from Monday 09:00 in Madrid; it is Monday noon."""
    clock.set(MONDAY)
    layer = {"every": "1 week", "start": "2027-01-04T09:00", "people": [cast.id("ana"), cast.id("ben")]}
    spec = {"timezone": "Europe/Madrid", "layers": [layer]}
    row = commands.add_schedule(actor=TESTS, at=now(), handle="primary", name="Primary", spec=spec)
    clock.advance(timedelta(hours=4))
    return row


def ask(cast: Cast, rota: Schedule, **wish: object) -> CoverRequest:
    """Ana asks."""
    ana = cast("ana")
    wished = {"give": GIVE, "asked_id": cast.id("ben")} | wish
    return commands.ask_cover(rota.pk, actor=ana.actor, at=ana.at, **wished)


def send_due_notices(channels: Channels) -> int:
    """What the worker does with its threads, one after the other."""
    claimed = commands.claim_notices(50, actor=TESTS, at=now())
    for notice in claimed:
        tell_one(notice, channels)
    return len(claimed)


def told() -> list[tuple[str, str]]:
    """Who is told what."""
    return list(Notice.objects.order_by("id").values_list("kind", "person__handle"))


def test_nothing_changes_until_the_other_agrees_and_then_it_is_overrides(rota: Schedule, cast: Cast) -> None:
    """A swap: both intervals change hands, in one commit, by name."""
    request = ask(cast, rota, back=BACK, note="Dentist")
    ana_id, ben_id = cast.id("ana"), cast.id("ben")
    assert on_call_at(rota.pk, GIVE[0]) == (ana_id,)
    ben = cast("ben")
    answered = commands.answer_cover(request.pk, CoverVerb.ACCEPT, actor=ben.actor, at=ben.at)
    assert (answered.state, answered.taken_by_id, answered.due_at) == ("accepted", ben_id, None)
    assert on_call_at(rota.pk, GIVE[0]) == (ben_id,)
    assert on_call_at(rota.pk, GIVE[1]) == (ana_id,)
    assert on_call_at(rota.pk, BACK[0]) == (ana_id,)
    made = Override.objects.order_by("id").values_list("kind", "person_id", "replaces_id", "made_by")
    assert list(made) == [("replace", ben_id, ana_id, "cover"), ("replace", ana_id, ben_id, "cover")]
    assert told() == [("cover_asked", "ben"), ("cover_accepted", "ana")]
    commands_of = Event.objects.filter(kind__in=["cover_request.accepted", "override.added"])
    assert len(set(commands_of.values_list("command", flat=True))) == 1
    assert "Dentist" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_neither_gives_back_alone_what_both_agreed_to(rota: Schedule, cast: Cast) -> None:
    """It needs the other's word again, or who edits the schedule."""
    ben = cast("ben")
    commands.answer_cover(ask(cast, rota).pk, CoverVerb.ACCEPT, actor=ben.actor, at=ben.at)
    override = Override.objects.get()
    with pytest.raises(Refused) as refused:
        commands.retire_override(override.pk, actor=ben.actor, at=ben.at)
    assert refused.value.reason is Denied.NOT_YOUR_TEAM
    admin = cast("admin")
    commands.retire_override(override.pk, actor=admin.actor, at=admin.at)
    assert on_call_at(rota.pk, GIVE[0]) == (cast.id("ana"),)


def test_only_the_right_person_answers_and_only_once(rota: Schedule, cast: Cast) -> None:
    """A stranger, a stakeholder, the asker; then twice."""
    request = ask(cast, rota)
    for who, reason in (
        ("cleo", CoverReason.NOT_YOURS),
        ("ana", CoverReason.NOT_YOURS),
        ("sam", Denied.ROLE),
    ):
        arrival = cast(who)
        with pytest.raises(Refused) as refused:
            commands.answer_cover(request.pk, CoverVerb.ACCEPT, actor=arrival.actor, at=arrival.at)
        assert refused.value.reason is reason
    ben = cast("ben")
    commands.answer_cover(request.pk, CoverVerb.DECLINE, actor=ben.actor, at=ben.at)
    with pytest.raises(Refused) as refused:
        commands.answer_cover(request.pk, CoverVerb.ACCEPT, actor=ben.actor, at=ben.at)
    assert refused.value.reason is CoverReason.ENDED
    assert not Override.objects.exists()


def test_a_request_to_all_goes_to_the_first_who_takes_it(rota: Schedule, cast: Cast) -> None:
    """Everybody of the rota is told, but not the asker."""
    request = ask(cast, rota, asked_id=None)
    assert told() == [("cover_asked", "ben")]
    ben = cast("ben")
    commands.answer_cover(request.pk, CoverVerb.ACCEPT, actor=ben.actor, at=ben.at)
    assert on_call_at(rota.pk, GIVE[0]) == (cast.id("ben"),)


def test_what_is_no_longer_the_askers_to_give_is_not_taken(rota: Schedule, cast: Cast) -> None:
    """The schedule changed between asking and answering: refused, nothing moves (peers 10c)."""
    request = ask(cast, rota)
    layer = {"every": "1 week", "start": "2027-01-04T09:00", "people": [cast.id("cleo")]}
    spec = {"timezone": "Europe/Madrid", "layers": [layer]}
    commands.change_schedule(rota.pk, {"spec": spec}, actor=TESTS, at=now())
    ben = cast("ben")
    with pytest.raises(Refused) as refused:
        commands.answer_cover(request.pk, CoverVerb.ACCEPT, actor=ben.actor, at=ben.at)
    assert refused.value.reason is CoverReason.NOT_ON_CALL
    assert on_call_at(rota.pk, GIVE[0]) == (cast.id("cleo"),)


def test_a_request_that_nobody_answers_ends_by_itself_and_the_asker_is_told(
    rota: Schedule, cast: Cast, clock: Clock
) -> None:
    """When the shift begins."""
    request = ask(cast, rota)
    assert expire_due_covers() == 0
    clock.set(GIVE[0])
    assert expire_due_covers() == 1
    request.refresh_from_db()
    assert (request.state, request.due_at) == ("expired", None)
    assert told()[-1] == ("cover_expired", "ana")
    assert on_call_at(rota.pk, GIVE[0]) == (cast.id("ana"),)


def test_nobody_takes_themselves_off(rota: Schedule, cast: Cast) -> None:
    """That would leave a gap; joining in and standing in are free."""
    ana, ben = cast("ana"), cast("ben")
    day = {"start": "2027-01-06T00:00", "end": "2027-01-07T00:00"}
    noon = MONDAY + 2 * DAY
    with pytest.raises(Refused) as refused:
        commands.add_override(
            rota.pk, actor=ana.actor, at=ana.at, person_id=cast.id("ana"), kind="remove", **day
        )
    assert refused.value.reason is Denied.NOT_YOUR_TEAM
    commands.add_override(rota.pk, actor=ben.actor, at=ben.at, person_id=cast.id("ben"), kind="add", **day)
    assert on_call_at(rota.pk, noon) == (cast.id("ana"), cast.id("ben"))
    admin = cast("admin")
    commands.add_override(
        rota.pk, actor=admin.actor, at=admin.at, person_id=cast.id("ana"), kind="remove", **day
    )
    assert on_call_at(rota.pk, noon) == (cast.id("ben"),)


def test_leave_is_the_persons_own_and_shows_until_it_is_taken_back(rota: Schedule, cast: Cast) -> None:
    """An admin may; a colleague may not."""
    ana, ben, admin = cast("ana"), cast("ben"), cast("admin")
    span = {"start": GIVE[0], "end": GIVE[1]}
    row = commands.add_leave(cast.id("ana"), actor=ana.actor, at=ana.at, note="Beach", **span)
    commands.add_leave(cast.id("ben"), actor=admin.actor, at=admin.at, **span)
    with pytest.raises(Refused):
        commands.add_leave(cast.id("ana"), actor=ben.actor, at=ben.at, **span)
    with pytest.raises(Refused):
        commands.add_leave(cast.id("ana"), actor=ana.actor, at=ana.at, start=GIVE[1], end=GIVE[0])
    found = away([cast.id("ana")], MONDAY, MONDAY + 7 * DAY)
    assert found == {cast.id("ana"): [GIVE]}
    commands.retire_leave(row.pk, actor=ana.actor, at=ana.at)
    assert away([cast.id("ana")], MONDAY, MONDAY + 7 * DAY) == {cast.id("ana"): []}


def test_public_holidays_are_those_of_the_persons_place_else_of_the_teams(rota: Schedule, cast: Cast) -> None:
    """Epiphany is one in Spain, not in Bavaria's neighbour Hesse."""
    ana = cast("ana")
    people = list(Person.objects.filter(handle="ana"))
    week = (MONDAY, MONDAY + 7 * DAY)
    epiphany = (datetime(2027, 1, 6, tzinfo=UTC), datetime(2027, 1, 7, tzinfo=UTC))
    assert festive(people, "ES", *week) == {cast.id("ana"): [epiphany]}
    commands.set_availability(cast.id("ana"), actor=ana.actor, at=ana.at, holidays="DE-HE")
    assert festive(people, "ES", *week) == {cast.id("ana"): []}
    assert around(None, [cast.id("ana")], *week).unreachable == {cast.id("ana")}


BUSY = b"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:Operation at the clinic
DTSTART;VALUE=DATE:20270105
DTEND;VALUE=DATE:20270107
END:VEVENT
END:VCALENDAR
""".replace(b"\n", b"\r\n")


def test_a_calendar_is_read_through_the_guard_and_only_busy_times_are_kept(
    rota: Schedule, cast: Cast, clock: Clock
) -> None:
    """Every hour; an address that may not be reached is a reason to show, and what was known stays."""
    ana = cast("ana")
    with WebhookReceiver() as server:
        server.answer = status(200, ("content-type", "text/calendar"), body=BUSY)
        url = f"http://127.0.0.1:{server.port}/private-7af3.ics"
        commands.set_availability(cast.id("ana"), actor=ana.actor, at=ana.at, calendar=url)
        assert read_due_calendars(IcalReader(Egress(Allowed.parse("127.0.0.0/8")))) == 1
        assert read_due_calendars(IcalReader(Egress(Allowed.parse("127.0.0.0/8")))) == 0
        assert [one.method for one in server.requests] == ["GET"]
        row = Availability.objects.get()
        busy = (datetime(2027, 1, 5, tzinfo=UTC), datetime(2027, 1, 7, tzinfo=UTC))
        assert away([cast.id("ana")], MONDAY, MONDAY + 7 * DAY) == {cast.id("ana"): [busy]}
        kept = str(row.busy) + str(list(Event.objects.values_list("payload", flat=True)))
        assert "clinic" not in kept
        assert "private-7af3" not in kept
        clock.advance(timedelta(hours=1, seconds=1))
        assert read_due_calendars(IcalReader(Egress(Allowed.parse("")))) == 1
        row.refresh_from_db()
        assert (row.problem, len(row.busy)) == ("refused_address", 1)
        assert len(server.requests) == 1


def test_whoever_comes_on_call_is_told_once_within_the_hour_before(
    rota: Schedule, cast: Cast, clock: Clock
) -> None:
    """With the note that was left; whoever goes on without a break is not told."""
    ana = cast("ana")
    commands.leave_note(rota.pk, "The db-2 disk is 91 % full.", actor=ana.actor, at=ana.at)
    announce_due_shifts()
    assert told() == []
    clock.set(MONDAY + 7 * DAY - timedelta(minutes=59))
    announce_due_shifts()
    announce_due_shifts()
    assert told() == [("shift_begins", "ben")]


def test_a_notice_goes_by_mail_and_is_recorded_after_it_was_sent(
    rota: Schedule, cast: Cast, clock: Clock, reach: object
) -> None:
    """Tried again when the server says later; without an address it ends, with the reason."""
    reach("ben")  # type: ignore[operator]
    ask(cast, rota, note="Dentist\r\nBcc: x@example.com")
    with SmtpServer() as smtp:
        egress = Egress(Allowed.parse("127.0.0.0/8,::1/128"))
        channels = Channels({"email": EmailChannel(egress, Server.parse(smtp.url))})
        smtp.behaviour.recipient = "451 later"
        assert send_due_notices(channels) == 1
        notice = Notice.objects.get()
        assert (notice.state, notice.attempts) == ("queued", 1)
        smtp.behaviour.recipient = ""
        clock.advance(timedelta(minutes=1))
        assert send_due_notices(channels) == 1
        [mail] = smtp.wait_for(1)
        assert mail.recipients == ("ben@example.com",)
        assert "Ana asks you to take Primary from Tue 5 Jan, 08:00 (UTC)" in str(mail.message["Subject"])
        assert "Dentist" in mail.text()
        assert mail.message["Bcc"] is None
        notice.refresh_from_db()
        assert (notice.state, notice.due_at) == ("sent", None)
        ben = cast("ben")
        commands.answer_cover(CoverRequest.objects.get().pk, CoverVerb.DECLINE, actor=ben.actor, at=ben.at)
        assert send_due_notices(channels) == 1
        assert smtp.wait_for(2)[1].recipients == ("ana@example.com",)  # where she signs in: no contact yet
        change_person(cast.id("ana"), {"email": None}, actor=TESTS, at=now())
        ask(cast, rota, asked_id=cast.id("ben"))
        commands.answer_cover(
            CoverRequest.objects.order_by("-id")[0].pk, CoverVerb.DECLINE, actor=ben.actor, at=ben.at
        )
        send_due_notices(channels)
        unheard = Notice.objects.filter(kind="cover_declined").order_by("-id")[0]
        assert (unheard.state, unheard.reason) == ("failed", "not_configured")


def test_an_edit_never_rewrites_the_past(rota: Schedule, cast: Cast, clock: Clock) -> None:
    """O11: also when the edit changes the zone."""
    noon = MONDAY + timedelta(hours=4)
    before = shifts(rota.pk, MONDAY, noon)
    clock.advance(DAY)
    layer = {"every": "12 hours", "start": "2027-01-04T09:00", "people": [cast.id("cleo")]}
    commands.change_schedule(
        rota.pk, {"spec": {"timezone": "Asia/Tokyo", "layers": [layer]}}, actor=TESTS, at=now()
    )
    assert shifts(rota.pk, MONDAY, noon) == before
    assert on_call_at(rota.pk, now()) == (cast.id("cleo"),)
