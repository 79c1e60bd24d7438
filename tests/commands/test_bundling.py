"""A storm is one message a minute: what waits gathers, what nobody needs is left out, nothing is lost."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from database import Clock, Database
from engine import settle
from fakes.smtp import until
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.core.ports.contact_form import FailureReason
from muster.core.retry import AttemptFailed
from muster.core.signals import SignalSeverity
from muster.core.urgency import Urgency
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.foundation.access.commands import change_person, put_contact
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import acknowledge_alert, add_policy
from muster.mobilize.escalation.showing import explained
from muster.mobilize.paging.commands import (
    Claimed,
    Errand,
    SendResult,
    claim_deliveries,
    record_deliveries,
    start_call,
    start_pages,
)
from muster.mobilize.paging.due import Sender
from muster.mobilize.paging.messages import Wording
from muster.mobilize.paging.models import Delivery, Page
from muster.mobilize.paging.queries import Reach
from people import Cast
from senders import resolve, set_policy, trigger

TESTS = system("tests")


@pytest.fixture
def stormy(key: str, cast: Cast, reach: Callable[[str], None]) -> str:
    """Ana answers for checkout, by e-mail; after 15 minutes Ben."""
    prepare()
    for handle in ("ana", "ben", "admin"):
        reach(handle)
    steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": "15m", "notify": ["person:ben"]}]
    add_policy(actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps})
    set_policy("checkout", "payments")
    return key


def cry(key: str, *names: str, **more: Any) -> None:
    """These fail."""
    receive_signals([trigger(key, name, **more) for name in names])
    settle()


def claim(limit: int = 16) -> list[Claimed]:
    """What a worker takes now."""
    return claim_deliveries("email", limit, True, actor=TESTS, at=queries.now())


def record(claimed: Claimed, result: Accepted | AttemptFailed) -> None:
    """What the send brought."""
    sent = [SendResult(claimed.delivery.pk, claimed.fence, result)]
    record_deliveries(sent, actor=TESTS, at=queries.now())
    settle()


def send(limit: int = 16) -> list[Claimed]:
    """Take what is due, and have it accepted."""
    claimed = claim(limit)
    for one in claimed:
        record(one, Accepted())
    return claimed


def states() -> dict[str, int]:
    """How many deliveries stand where."""
    found: dict[str, int] = {}
    for state in Delivery.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def names(prefix: str, count: int) -> list[str]:
    """So many dedup keys."""
    return [f"{prefix}{n}" for n in range(count)]


def test_what_comes_within_the_minute_is_one_digest_that_counts_it(stormy: str, clock: Clock) -> None:
    """peers 11a: the first at once, the other 30 a minute later; each was written once, without a claim."""
    cry(stormy, "first")
    [first] = send()
    assert first.carries == ()
    cry(stormy, *names("a", 20))
    cry(stormy, *names("b", 10))
    assert states() == {"accepted": 1, "queued": 1, "folded": 29}
    [gathering] = Delivery.objects.filter(state="queued")
    assert (gathering.reason, gathering.due_at - first.delivery.claimed_at) == ("waits", timedelta(minutes=1))
    assert claim() == []
    clock.advance(timedelta(seconds=61))
    [digest] = send()
    assert len(digest.carries) == 29
    message = Wording([digest.delivery], digest.carries[:5]).message(digest.delivery, digest.carries)
    assert message.count == 30
    assert message.headline == "checkout: Checkout fails, and 29 more pages"
    assert message.lines[-1] == "... and 24 more."
    assert states() == {"accepted": 2, "folded": 29}


def test_many_at_once_need_no_minute(stormy: str, clock: Clock) -> None:
    """40 alerts in one breath: one message now; what one claim does not hold gathers for the next."""
    cry(stormy, *names("a", 40))
    [first] = send(16)
    assert len(first.carries) == 15
    assert send(16) == []
    assert send(16) == []
    assert states() == {"accepted": 1, "queued": 1, "folded": 38}
    clock.advance(timedelta(seconds=61))
    [digest] = send()
    assert len(digest.carries) == 23


def test_a_first_sev1_page_does_not_wait(stormy: str, cast: Cast, clock: Clock) -> None:
    """It leaves at once and by itself; the digest comes a minute after it (I12)."""
    cry(stormy, "first")
    send()
    cry(stormy, *names("a", 5))
    at = queries.now()
    call = start_call("person:ana", actor=TESTS, at=at, summary="All is down", urgency=Urgency.HIGH)
    errand = Errand((cast.id("ana"),), call.subject, Urgency.HIGH, sev1=True)
    start_pages([errand], Reach(at), actor=TESTS, at=at)
    [jumped] = send()
    assert (jumped.delivery.page.about, jumped.carries) == (call.subject, ())
    clock.advance(timedelta(seconds=50))
    assert send() == []
    clock.advance(timedelta(seconds=11))
    [digest] = send()
    assert len(digest.carries) == 4


def test_what_was_answered_meanwhile_is_not_told(stormy: str, cast: Cast, clock: Clock) -> None:
    """Of five that wait, one is acknowledged and one resolved: the digest counts three."""
    cry(stormy, "first")
    send()
    cry(stormy, *names("a", 5))
    ana = cast("ana")
    acknowledge_alert(Alert.objects.get(dedup_key="a3").pk, actor=ana.actor, at=ana.at)
    receive_signals([resolve(stormy, "a4")])
    settle()
    clock.advance(timedelta(seconds=61))
    [digest] = send()
    assert len(digest.carries) == 2


def test_a_digest_whose_head_was_answered_hands_the_rest_on(stormy: str, cast: Cast, clock: Clock) -> None:
    """Nothing is sent for what was acknowledged (I8), and nothing that it carried is lost (I5)."""
    cry(stormy, "first")
    send()
    cry(stormy, *names("a", 5))
    head = Delivery.objects.get(state="queued")
    group_id = int(head.page.about.partition(":")[2])
    answered = Alert.objects.get(decision__group_id=group_id)
    ana = cast("ana")
    acknowledge_alert(answered.pk, actor=ana.actor, at=ana.at)
    settle()
    clock.advance(timedelta(seconds=61))
    assert send() == []
    head.refresh_from_db()
    assert (head.state, head.reason) == ("cancelled", "handed_on")
    [digest] = send()
    assert digest.delivery.page.about != head.page.about
    told = {Delivery.objects.get(pk=pk).page_id for pk in (digest.delivery.pk, *digest.carries)}
    assert len(told) == 4


def test_a_digest_that_is_tried_again_says_the_same(stormy: str, clock: Clock) -> None:
    """The mail server was away for a moment: what was folded into the first try is in the second."""
    cry(stormy, *names("a", 5))
    [digest] = claim()
    record(digest, AttemptFailed(False, FailureReason.CANNOT_CONNECT))
    clock.advance(timedelta(seconds=3))
    [again] = send()
    assert (again.delivery.pk, again.carries) == (digest.delivery.pk, digest.carries)
    assert len(again.carries) == 4


def test_a_digest_that_nobody_finished_is_carried_by_the_next(stormy: str, clock: Clock) -> None:
    """Its worker died: the lease runs out, a newer page carries it together with what it carried."""
    cry(stormy, *names("a", 5))
    claim()
    clock.advance(timedelta(minutes=2))
    cry(stormy, "newest")
    [again] = send()
    assert len({Delivery.objects.get(pk=pk).page_id for pk in again.carries}) == 5


def test_where_a_digest_fails_everybody_it_told_of_is_followed_up(
    stormy: str, cast: Cast, clock: Clock
) -> None:
    """I5: Ana's address bounces. Each of the five pages goes on to Ben at once, not in 15 minutes."""
    cry(stormy, *names("a", 5))
    [digest] = claim()
    record(digest, AttemptFailed(True, FailureReason.RECIPIENT_REFUSED))
    assert Page.objects.filter(person_id=cast.id("ben")).count() == 5


def test_where_a_digest_fails_the_next_contact_takes_all_of_it(stormy: str, cast: Cast) -> None:
    """Ana has a second address, ten minutes later by her rules: after a bounce it is due at once."""
    put_contact(
        cast.id("ana"),
        actor=TESTS,
        at=queries.now(),
        kind="email",
        name="private",
        target={"address": "ana@example.net"},
        verified=True,
    )
    rules = {"high": [{"after": "0s", "use": "email"}, {"after": "10m", "use": "private"}]}
    change_person(cast.id("ana"), {"rules": rules}, actor=TESTS, at=queries.now())
    cry(stormy, *names("a", 5))
    [digest] = claim()
    record(digest, AttemptFailed(True, FailureReason.RECIPIENT_REFUSED))
    assert not Page.objects.filter(person_id=cast.id("ben")).exists()
    [second] = send()
    assert (second.delivery.contact.name, len(second.carries)) == ("private", 4)


def test_two_workers_send_one_message_between_them(stormy: str, database: Database) -> None:
    """Both look in the same moment: a contact's messages are one worker's at a time."""
    cry(stormy, *names("a", 40))
    barrier = threading.Barrier(4)
    claimed: list[Claimed] = []

    def look() -> None:
        try:
            barrier.wait(10)
            claimed.extend(claim(8))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=look) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(20)
    assert len(claimed) == 1


# What can wait


def sleepy(cast: Cast, clock: Clock, local: str = "2026-10-20T23:00+02:00") -> None:
    """Ana keeps quiet from 22 to 7 in Madrid; it is 11 in the evening there."""
    clock.set(datetime.fromisoformat(local))
    hours = {"quiet": [{"from": "22:00", "to": "07:00"}]}
    changes = {"timezone": "Europe/Madrid", "hours": hours}
    change_person(cast.id("ana"), changes, actor=TESTS, at=queries.now())


def test_quiet_hours_hold_what_can_wait_and_say_why(stormy: str, cast: Cast, clock: Clock) -> None:
    """R44: a warning at 23:00 is told at 07:00; meanwhile it stands in the log with its reason."""
    sleepy(cast, clock)
    cry(stormy, "warning", severity=SignalSeverity.WARNING)
    morning = datetime.fromisoformat("2026-10-21T07:00+02:00")
    page = Page.objects.get()
    assert (page.urgency, page.held, page.begins_at) == ("low", "quiet_hours", morning)
    told = explained(Alert.objects.get(), cast("ana").actor, queries.now())
    [shown] = told["pages"]
    assert (shown["held"], shown["begins_at"]) == ("quiet_hours", morning)
    assert (told["plan"][0]["people"], told["plan"][0]["held"]) == (["ben"], [])
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.due_at) == ("queued", "quiet_hours", morning)
    assert send() == []
    clock.set(morning - timedelta(seconds=1))
    assert send() == []
    clock.set(morning)
    assert len(send()) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("accepted", "")


def test_the_plan_says_whose_hours_will_hold_it(stormy: str, cast: Cast, clock: Clock) -> None:
    """Before anybody is paged: at 23:15 it goes to Ben, and his quiet hours would hold it until seven."""
    sleepy(cast, clock)
    hours = {"quiet": [{"from": "22:00", "to": "07:00"}]}
    changes = {"timezone": "Europe/Madrid", "hours": hours}
    change_person(cast.id("ben"), changes, actor=TESTS, at=queries.now())
    cry(stormy, "warning", severity=SignalSeverity.WARNING)
    told = explained(Alert.objects.get(), cast("ana").actor, queries.now())
    [held] = told["plan"][0]["held"]
    morning = datetime.fromisoformat("2026-10-21T07:00+02:00")
    assert (held["person"], held["until"], held["reason"]) == ("ben", morning, "quiet_hours")


def test_what_is_urgent_pierces_quiet_hours(stormy: str, cast: Cast, clock: Clock) -> None:
    """And does not wait because something that can wait does."""
    sleepy(cast, clock)
    cry(stormy, "warning", severity=SignalSeverity.WARNING)
    cry(stormy, "down", severity=SignalSeverity.CRITICAL)
    [sent] = send()
    assert (sent.delivery.urgency, sent.carries) == ("high", ())
    assert states() == {"accepted": 1, "queued": 1}


def test_what_came_in_the_night_is_one_message_in_the_morning(stormy: str, cast: Cast, clock: Clock) -> None:
    """Twelve warnings wake nobody, and are one digest at seven."""
    sleepy(cast, clock)
    for n in range(12):
        clock.advance(timedelta(minutes=10))
        cry(stormy, f"w{n}", severity=SignalSeverity.WARNING)
    clock.set(datetime.fromisoformat("2026-10-21T07:00:01+02:00"))
    [digest] = send()
    assert len(digest.carries) == 11


def test_working_hours_hold_too_and_the_person_s_own_clock_counts(
    stormy: str, cast: Cast, clock: Clock
) -> None:
    """Friday evening in New York: Monday at nine there."""
    clock.set(datetime.fromisoformat("2026-10-23T18:00-04:00"))
    days = ["mon", "tue", "wed", "thu", "fri"]
    hours = {"working": [{"days": days, "from": "09:00", "to": "17:00"}]}
    changes = {"timezone": "America/New_York", "hours": hours}
    change_person(cast.id("ana"), changes, actor=TESTS, at=queries.now())
    cry(stormy, "warning", severity=SignalSeverity.WARNING)
    page = Page.objects.get()
    assert page.held == "outside_working_hours"
    assert page.begins_at == datetime.fromisoformat("2026-10-26T09:00-04:00")


def test_at_most_six_messages_an_hour_of_what_can_wait(stormy: str, clock: Clock) -> None:
    """The seventh waits until the first is an hour ago; what is urgent does not wait with it, and counts."""
    began = queries.now()
    for n in range(6):
        cry(stormy, f"w{n}", severity=SignalSeverity.WARNING)
        assert len(send()) == 1
        clock.advance(timedelta(minutes=2))
    cry(stormy, "seventh", severity=SignalSeverity.WARNING)
    assert send() == []
    waiting = Delivery.objects.get(state="queued")
    assert waiting.reason == "throttled"
    assert timedelta(minutes=59) < waiting.due_at - began < timedelta(minutes=61)
    cry(stormy, "eighth", severity=SignalSeverity.WARNING)
    assert send() == []
    assert states() == {"accepted": 6, "queued": 1, "folded": 1}
    cry(stormy, "down", severity=SignalSeverity.CRITICAL)
    [urgent] = send()
    assert urgent.carries == ()
    clock.set(waiting.due_at + timedelta(seconds=1))
    assert send() == []
    waiting.refresh_from_db()
    clock.set(waiting.due_at + timedelta(seconds=1))
    [digest] = send()
    assert len(digest.carries) == 1


def test_who_found_nothing_to_send_looks_again_a_moment_later(stormy: str) -> None:
    """In a storm most that is due is gathered: claims for it alone would keep the steps from starting."""
    sender = Sender("email", Channels())
    assert sender.has_room()
    assert sender.run(queries.now()) == 0
    assert not sender.has_room()
    assert until(sender.has_room, seconds=2)
