"""Who is told of what a rota does, when and by what: hand-overs, gaps, absences. R41, R42; peers 9c, 10b"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from database import Clock
from engine import settle
from fakes.ntfy import NtfyServer
from fakes.smtp import SmtpServer
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.contacts.ntfy.channel import NtfyChannel
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.oncall import Effect
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access.commands import change_person, put_contact, replace_grants, verify_contact
from muster.foundation.access.queries import now
from muster.foundation.catalog.commands import add_team, change_service
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import acknowledge_alert
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.due import announce_due_shifts, announce_tomorrow, tell_one, warn_of_holes
from muster.mobilize.oncall.models import Notice, Schedule
from people import Cast
from senders import trigger

TESTS = system("tests")
MONDAY = datetime(2027, 1, 4, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def team(cast: Cast, clock: Clock) -> int:
    """Payments: Ana and Ben, led by Cleo."""
    clock.set(MONDAY)
    row = add_team(actor=TESTS, at=now(), handle="payments", name="Payments")
    members = [cast.id("ana"), cast.id("ben")]
    replace_grants("member", row.subject, members, actor=TESTS, at=now())
    replace_grants("manager", row.subject, [cast.id("cleo")], actor=TESTS, at=now())
    return row.pk


@pytest.fixture
def rota(cast: Cast, clock: Clock, team: int) -> Schedule:
    """Ana's week, then Ben's, from Monday 09:00 in Madrid; it is Monday noon."""
    row = make(team, [cast.id("ana"), cast.id("ben")])
    clock.advance(timedelta(hours=4))
    return row


def make(team: int, people: list[int], start: str = "2027-01-04T09:00", **more: object) -> Schedule:
    layers = [{"every": "1 week", "start": start, "people": people} | more] if people else []
    spec = {"timezone": "Europe/Madrid", "layers": layers}
    return commands.add_schedule(
        actor=TESTS, at=now(), handle="primary", name="Primary", spec=spec, team_id=team
    )


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def channels(smtp: SmtpServer) -> Channels:
    egress = Egress(Allowed.parse("127.0.0.0/8,::1/128"))
    return Channels({"email": EmailChannel(egress, Server.parse(smtp.url)), "ntfy": NtfyChannel(egress)})


def send(channels: Channels) -> None:
    for notice in commands.claim_notices(50, actor=TESTS, at=now()):
        tell_one(notice, channels)


def told(*kinds: str) -> list[tuple[str, str]]:
    rows = Notice.objects.order_by("id")
    return list((rows.filter(kind__in=kinds) if kinds else rows).values_list("kind", "person__handle"))


# Hand-overs


def test_who_comes_on_is_reminded_a_day_and_an_hour_before(rota: Schedule, clock: Clock) -> None:
    """peers 10b: once each; and who goes on without a break is not."""
    for hours, expected in ((25, []), (24, ["shift_tomorrow"]), (1, ["shift_tomorrow", "shift_begins"])):
        clock.set(MONDAY + 7 * DAY - timedelta(hours=hours) + timedelta(seconds=1))
        for _ in range(2):
            announce_tomorrow()
            announce_due_shifts()
        assert told("shift_tomorrow", "shift_begins") == [(kind, "ben") for kind in expected]


def test_at_the_hand_over_both_are_told_once_with_what_is_open(
    rota: Schedule, team: int, cast: Cast, clock: Clock, key: str, reach: Callable[[str], None],
    channels: Channels, smtp: SmtpServer,
) -> None:  # fmt: skip
    """peers 10b: incoming and outgoing, at once, with the open alerts and who has them."""
    prepare()
    for handle in ("ana", "ben"):
        reach(handle)
    change_service(Service.objects.get(handle="checkout").pk, {"team_id": team}, actor=TESTS, at=now())
    receive_signals([trigger(key, "one"), trigger(key, "two")])
    settle()
    ana = cast("ana")
    acknowledge_alert(Alert.objects.get(dedup_key="one").pk, actor=ana.actor, at=ana.at)
    settle()
    clock.set(MONDAY + 7 * DAY + timedelta(seconds=20))
    announce_due_shifts()
    announce_due_shifts()
    assert told("shift_began", "shift_ended") == [("shift_began", "ben"), ("shift_ended", "ana")]
    send(channels)
    [to_ben], [to_ana] = smtp.to("ben@example.com"), smtp.to("ana@example.com")
    assert to_ben.message["Subject"] == "You are on call for Primary now"
    assert "You are off call for Primary; now it is Ben" in str(to_ana.message["Subject"])
    for mail in (to_ben, to_ana):
        assert "2 alerts are open:" in mail.text()
        assert "checkout: Checkout fails (nobody has it)" in mail.text()
        assert "checkout: Checkout fails (Ana has it)" in mail.text()


def test_a_hand_over_that_is_long_past_is_not_told(rota: Schedule, clock: Clock) -> None:
    """No worker ran for an hour: late news of a hand-over is none."""
    clock.set(MONDAY + 7 * DAY + timedelta(hours=1))
    announce_due_shifts()
    assert told() == []


def test_a_reminder_that_is_not_true_any_more_is_dropped(
    rota: Schedule, cast: Cast, clock: Clock, reach: Callable[[str], None], channels: Channels,
    smtp: SmtpServer,
) -> None:  # fmt: skip
    """Ben's week was given to Cleo while his quiet hours held the reminder."""
    reach("ben")
    quiet = {"hours": {"quiet": [{"from": "08:30", "to": "10:00"}]}, "timezone": "Europe/Madrid"}
    change_person(cast.id("ben"), quiet, actor=TESTS, at=now())
    clock.set(MONDAY + 6 * DAY + timedelta(minutes=1))
    announce_tomorrow()
    send(channels)
    assert smtp.mails == []
    commands.add_override(
        rota.pk, actor=TESTS, at=now(), start="2027-01-11T09:00", end="2027-01-18T09:00",
        person_id=cast.id("cleo"), kind=Effect.REPLACE.value, replaces_id=cast.id("ben"),
    )  # fmt: skip
    clock.advance(timedelta(hours=2))
    send(channels)
    assert smtp.mails == []
    assert Notice.objects.get(kind="shift_tomorrow").state == "dropped"


def test_a_notice_goes_by_the_person_s_own_rules_and_on_to_the_next_way(
    rota: Schedule, cast: Cast, clock: Clock, reach: Callable[[str], None], smtp: SmtpServer,
    channels: Channels,
) -> None:  # fmt: skip
    """Ben's rules for what can wait: push first. Its topic is gone for him, so the letter comes."""
    reach("ben")
    with NtfyServer(token="right") as ntfy:
        for name, token in (("push", "right"), ("stale", "wrong")):
            row = put_contact(
                cast.id("ben"), actor=TESTS, at=now(), kind="ntfy", name=name,
                target={"server": ntfy.server, "topic": f"ben-{name}", "token": token},
            )  # fmt: skip
            verify_contact(row.pk, actor=TESTS, at=now())
        for use, expected in (("push", (1, 0)), ("stale", (1, 1))):
            rules = {"low": [{"use": use}, {"use": "email", "after": "5m"}]}
            change_person(cast.id("ben"), {"rules": rules}, actor=TESTS, at=now())
            facts = {"schedule": rota.pk, "start": now().isoformat(), "people": []}
            _tell(cast.id("ben"), use, facts)
            send(channels)
            assert (len(ntfy.published), len(smtp.mails)) == expected
        assert ntfy.published[0]["title"] == "You are on call for Primary now"
    sent = Notice.objects.filter(state="sent").order_by("id").values_list("contact__name", flat=True)
    assert list(sent) == ["push", "email"]


def _tell(person: int, about: str, facts: dict[str, object]) -> None:
    """A notice by hand, as a command would queue it."""
    command(commands.tell)([person], "shift_began", about, facts, actor=TESTS, at=now(), at_once=True)


# Gaps and absences


def test_the_lead_is_told_of_a_hole_once_and_not_of_hours_left_on_purpose_each_day(
    cast: Cast, clock: Clock, team: int
) -> None:
    """Office hours are said once per version of the schedule; a day without its person, by itself."""
    days = ["mon", "tue", "wed", "thu", "fri"]
    row = make(team, [cast.id("ana")], only=[{"days": days, "from": "09:00", "to": "17:00"}])
    clock.advance(timedelta(hours=1))
    commands.add_override(
        row.pk, actor=TESTS, at=now(), start="2027-01-06T00:00", end="2027-01-07T00:00",
        person_id=cast.id("ana"), kind=Effect.REMOVE.value,
    )  # fmt: skip
    for _day in range(3):
        warn_of_holes()
        clock.advance(timedelta(hours=5))
    assert told() == [("gap_ahead", "cleo"), ("hours_left", "cleo")]
    gap = Notice.objects.get(kind="gap_ahead")
    assert gap.facts["start"] == "2027-01-06T08:00:00+00:00"
    assert gap.facts["end"] == "2027-01-06T16:00:00+00:00"
    assert Notice.objects.get(kind="hours_left").facts["percent"] == 81


def test_a_week_with_nobody_is_told_as_a_hundred_per_cent_once_a_week(
    cast: Cast, clock: Clock, team: int, reach: Callable[[str], None], smtp: SmtpServer, channels: Channels
) -> None:
    """peers 9c, OneUptime PR#3174: nobody at all warns too."""
    reach("cleo")
    make(team, [cast.id("ana")], start="2027-03-01T09:00")
    for _day in range(8):
        warn_of_holes()
        clock.advance(DAY)
    assert told() == [("week_empty", "cleo")] * 2
    send(channels)
    first = smtp.wait_for(2)[0]
    assert "Primary is 100 % uncovered from Mon 4 Jan, 08:00 (UTC)" in str(first.message["Subject"])


def test_a_hole_that_is_open_now_is_not_told_again_with_every_look(
    rota: Schedule, cast: Cast, clock: Clock
) -> None:
    """It began when it began, however often we look."""
    commands.add_override(
        rota.pk, actor=TESTS, at=now(), start="2027-01-05T09:00", end="2027-01-08T09:00",
        person_id=cast.id("ana"), kind=Effect.REMOVE.value,
    )  # fmt: skip
    for _look in range(6):
        warn_of_holes()
        clock.advance(timedelta(hours=14))
    assert told() == [("gap_ahead", "cleo")]


def test_somebody_who_is_on_call_while_away_and_their_lead_are_told(
    rota: Schedule, cast: Cast, clock: Clock
) -> None:
    """Once, from the moment the leave is entered."""
    ana = cast("ana")
    commands.add_leave(
        cast.id("ana"), actor=ana.actor, at=ana.at, start=MONDAY + 2 * DAY, end=MONDAY + 4 * DAY
    )
    for _look in range(5):
        warn_of_holes()
        clock.advance(timedelta(hours=20))
    assert told() == [("away_ahead", "cleo"), ("away_yourself", "ana")]


def test_without_a_manager_the_admins_are_told(rota: Schedule, cast: Cast, team: int, clock: Clock) -> None:
    """Never silently nobody."""
    replace_grants("manager", f"team:{team}", [], actor=TESTS, at=now())
    commands.add_override(
        rota.pk, actor=TESTS, at=now(), start="2027-01-05T09:00", end="2027-01-08T09:00",
        person_id=cast.id("ana"), kind=Effect.REMOVE.value,
    )  # fmt: skip
    warn_of_holes()
    assert told() == [("gap_ahead", "admin")]
