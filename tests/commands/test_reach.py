"""Codes and test pages through real channels: proved, tested, answered; nothing for somebody else's (S56)."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings

from calling import Call, answer, problem
from database import Clock
from engine import settle
from fakes.ntfy import NtfyServer, refusal
from fakes.push import PushService
from muster.adapters.contacts.ntfy.channel import NtfyChannel
from muster.adapters.contacts.webpush.channel import WebPushChannel
from muster.adapters.contacts.webpush.vapid import public_key
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.core.proof import MOST_TRIES, ProofAnswer, ProofRefusal
from muster.core.refusal import Refused
from muster.foundation.access import commands as access
from muster.foundation.access.models import Contact
from muster.foundation.access.queries import now
from muster.foundation.access.reasons import NotFound
from muster.foundation.timeline.models import Event, EventText
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import acknowledge_page
from muster.mobilize.paging import due as paging
from muster.mobilize.paging.models import Delivery, Page
from muster.mobilize.reach import commands, due, models
from people import Cast

SECRET = "a key for tests only, not a secret at all"


@pytest.fixture(autouse=True)
def address() -> Iterator[None]:
    """Where this installation is reached, so that messages have buttons."""
    with override_settings(BASE_URL="https://muster.example.com"):
        yield


@pytest.fixture
def ntfy() -> Iterator[NtfyServer]:
    with NtfyServer() as server:
        yield server


@pytest.fixture
def push() -> Iterator[PushService]:
    with PushService(key=public_key(SECRET)) as service:
        yield service


@pytest.fixture
def channels() -> Channels:
    egress = Egress(Allowed.parse("127.0.0.0/8"))
    pushing = WebPushChannel(egress, secret_key=SECRET, subject="mailto:ops@example.com", seconds=2)
    return Channels({"ntfy": NtfyChannel(egress, seconds=2), "webpush": pushing})


def give(cast: Cast, who: str, server: NtfyServer, **more: Any) -> Contact:
    """A contact by ntfy, not proved yet."""
    target = {"server": server.server, "topic": f"{who}-7"}
    mine = cast(who)
    return access.put_contact(
        cast.id(who), actor=mine.actor, at=mine.at, kind="ntfy", name="phone", target=target, **more
    )


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def send_codes(channels: Channels) -> None:
    due.code_sender(channels).run()
    until(lambda: not models.Proof.objects.filter(state__in=["queued", "sending"]).exists())


def send_pages(kind: str, channels: Channels) -> None:
    paging.Sender(kind, channels).run(now())
    until(lambda: not Delivery.objects.filter(state__in=["queued", "sending"]).exists())


def code_in(server: NtfyServer) -> str:
    return "".join(sign for sign in server.published[-1]["title"] if sign.isdecimal())


def test_a_code_that_came_back_proves_the_contact(cast: Cast, ntfy: NtfyServer, channels: Channels) -> None:
    contact, ana = give(cast, "ana", ntfy), cast("ana")
    commands.ask_for_code(contact.pk, actor=ana.actor, at=ana.at)
    send_codes(channels)
    assert ntfy.published[0]["topic"] == "ana-7"
    code = code_in(ntfy)
    verdict = commands.give_code(contact.pk, code, actor=ana.actor, at=now())
    assert verdict is ProofAnswer.RIGHT
    contact.refresh_from_db()
    assert contact.verified_at is not None
    [given] = Event.objects.filter(kind="proof.given")
    texts = list(EventText.objects.values_list("body", flat=True))
    stored = [*texts, *(str(payload) for payload in Event.objects.values_list("payload", flat=True))]
    assert not [text for text in stored if code in text], given  # the code is nowhere kept
    assert code not in str(list(models.Proof.objects.values()))


def test_a_code_is_asked_for_and_given_over_the_api(
    cast: Cast, ntfy: NtfyServer, channels: Channels, call: Call
) -> None:
    give(cast, "ana", ntfy)
    for who in ("ben", "admin"):  # as if it were not there
        problem(call("POST", "/people/ana/contacts/phone/code", who=who), 404, "contact_not_found")
    answer(call("POST", "/people/ana/contacts/phone/code", who="ana"), 202)
    problem(call("POST", "/people/ana/contacts/phone/code", who="ana"), 429, "code_too_soon")
    send_codes(channels)
    right = code_in(ntfy)
    for who, code, status, reason in (
        ("ben", right, 404, "contact_not_found"),
        ("ana", f"{(int(right) + 1) % 1_000_000:06d}", 422, "code_wrong"),
    ):
        given = call("POST", "/people/ana/contacts/phone/prove", {"code": code}, who=who)
        problem(given, status, reason)
    given = call("POST", "/people/ana/contacts/phone/prove", {"code": right}, who="ana")
    assert answer(given) == {"contact": "phone", "verified": True}
    problem(call("POST", "/people/ana/contacts/phone/code", who="ana"), 409, "contact_proved_already")


def test_a_code_does_not_bear_many_tries_nor_much_time(
    cast: Cast, ntfy: NtfyServer, channels: Channels, clock: Clock
) -> None:
    contact, ana = give(cast, "ana", ntfy), cast("ana")
    commands.ask_for_code(contact.pk, actor=ana.actor, at=ana.at)
    send_codes(channels)
    code = code_in(ntfy)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(MOST_TRIES):
        assert commands.give_code(contact.pk, wrong, actor=ana.actor, at=now()) is ProofAnswer.WRONG
    spent = commands.give_code(contact.pk, code, actor=ana.actor, at=now())
    assert spent is ProofAnswer.TRIES_SPENT
    clock.advance(timedelta(minutes=1))
    commands.ask_for_code(contact.pk, actor=ana.actor, at=now())
    send_codes(channels)
    old, code = code, code_in(ntfy)
    assert commands.give_code(contact.pk, old, actor=ana.actor, at=now()) is ProofAnswer.WRONG
    clock.advance(timedelta(minutes=15))
    assert commands.give_code(contact.pk, code, actor=ana.actor, at=now()) is ProofAnswer.EXPIRED
    contact.refresh_from_db()
    assert contact.verified_at is None


def test_nobody_asks_for_or_gives_the_code_of_somebody_elses_contact(cast: Cast, ntfy: NtfyServer) -> None:
    contact = give(cast, "ana", ntfy)
    for who in ("ben", "cleo", "admin"):
        stranger = cast(who)
        with pytest.raises(Refused) as refused:
            commands.ask_for_code(contact.pk, actor=stranger.actor, at=stranger.at)
        assert refused.value.reason is NotFound.CONTACT
        with pytest.raises(Refused) as refused:
            commands.give_code(contact.pk, "000000", actor=stranger.actor, at=stranger.at)
        assert refused.value.reason is NotFound.CONTACT
    assert not models.Proof.objects.exists()


def test_nobodys_address_is_bombed_with_codes(cast: Cast, ntfy: NtfyServer, clock: Clock) -> None:
    contact = give(cast, "ana", ntfy)
    commands.ask_for_code(contact.pk, actor=cast("ana").actor, at=now())
    with pytest.raises(Refused) as refused:
        commands.ask_for_code(contact.pk, actor=cast("ana").actor, at=now())
    assert refused.value.reason is ProofRefusal.TOO_SOON
    for _ in range(4):
        clock.advance(timedelta(minutes=1))
        commands.ask_for_code(contact.pk, actor=cast("ana").actor, at=now())
    clock.advance(timedelta(minutes=1))
    with pytest.raises(Refused) as refused:
        commands.ask_for_code(contact.pk, actor=cast("ana").actor, at=now())
    assert refused.value.reason is ProofRefusal.TOO_MANY
    assert models.Proof.objects.count() == 5


def test_a_code_that_cannot_be_sent_says_why(cast: Cast, ntfy: NtfyServer, channels: Channels) -> None:
    ntfy.answer = refusal(40301, "forbidden")
    contact, ana = give(cast, "ana", ntfy), cast("ana")
    commands.ask_for_code(contact.pk, actor=ana.actor, at=ana.at)
    send_codes(channels)
    proof = models.Proof.objects.get()
    assert (proof.state, proof.reason) == ("failed", "sign_in_refused")


def test_a_lost_worker_does_not_lose_the_code(
    cast: Cast, ntfy: NtfyServer, channels: Channels, clock: Clock
) -> None:
    contact, ana = give(cast, "ana", ntfy), cast("ana")
    commands.ask_for_code(contact.pk, actor=ana.actor, at=ana.at)
    [claimed] = commands.claim_proofs(4, actor=system("dying"), at=now())
    assert commands.claim_proofs(4, actor=system("other"), at=now()) == []
    clock.advance(timedelta(minutes=1))
    send_codes(channels)
    proof = models.Proof.objects.get()
    assert (proof.state, proof.fence) == ("accepted", claimed.fence + 1)


def test_a_test_page_takes_the_road_of_a_real_one_and_is_answered_from_the_phone(
    cast: Cast, ntfy: NtfyServer, channels: Channels, call: Call
) -> None:
    give(cast, "ana", ntfy, verified=True)
    [sent] = answer(call("POST", "/people/ana/test-pages", {}, who="ana"), 201)
    assert sent["state"] == "queued"  # with no worker it says so, and no more (peers 7b)
    send_pages("ntfy", channels)
    settle()
    assert ntfy.published[0]["priority"] == 5
    assert ntfy.press("It reached me")[0] == "POST"
    ready = answer(call("GET", "/readiness", who="ana"))["items"]
    [before] = [one for one in ready if one["person"] == "ana"]
    assert before["proved_at"] is None
    assert "never_proved" in before["lacks"]
    link = ntfy.press("It reached me")[1]
    opened = Client().get(urlsplit(ntfy.published[0]["click"]).path).content.decode()
    assert "Nothing is wrong" in opened
    assert "It reached me" in opened
    pressed = Client().post(urlsplit(link).path)
    assert pressed.status_code in (302, 303)
    [after] = [one for one in answer(call("GET", "/readiness", who="ana"))["items"] if one["person"] == "ana"]
    assert after["proved_at"] is not None
    assert after["lacks"] == ["no_second_channel"]
    [shown] = answer(call("GET", "/test-pages", who="ana"))["items"]
    assert shown["acknowledged_at"] is not None


def test_each_contact_is_answered_for_itself(cast: Cast, ntfy: NtfyServer, channels: Channels) -> None:
    give(cast, "ana", ntfy, verified=True)
    ana = cast("ana")
    access.put_contact(
        cast.id("ana"),
        actor=ana.actor,
        at=ana.at,
        kind="ntfy",
        name="tablet",
        target={"server": ntfy.server, "topic": "tablet"},
        verified=True,
    )
    rows = commands.send_test_pages(cast.id("ana"), actor=ana.actor, at=ana.at)
    acknowledge_page(rows[1].page_id, actor=ana.actor, at=now())
    assert [Page.objects.get(pk=row.page_id).acknowledged_at is not None for row in rows] == [False, True]


def test_only_oneself_and_admins_send_somebody_a_test(cast: Cast, ntfy: NtfyServer, call: Call) -> None:
    give(cast, "ana", ntfy, verified=True)
    assert call("POST", "/people/ana/test-pages", {}, who="ben").status_code == 403
    answer(call("POST", "/people/ana/test-pages", {"contact": "phone"}), 201)
    problem(call("POST", "/people/ana/test-pages", {"contact": "fax"}), 422, "nothing_to_test")


def test_a_test_that_fails_makes_its_contact_count_for_nothing(
    cast: Cast, ntfy: NtfyServer, channels: Channels, call: Call
) -> None:  # peers 3b
    give(cast, "ana", ntfy, verified=True)
    ntfy.answer = refusal(40301, "forbidden")
    answer(call("POST", "/people/ana/test-pages", {}, who="ana"), 201)
    send_pages("ntfy", channels)
    settle()
    [ready] = [one for one in answer(call("GET", "/readiness", who="ben"))["items"] if one["person"] == "ana"]
    assert ready["reachable"] is False
    assert ready["lacks"][0] == "all_fail"


def test_a_subscription_that_ended_is_taken_out_of_use_and_said(
    cast: Cast, push: PushService, channels: Channels, call: Call
) -> None:
    ana = cast("ana")
    contact = access.put_contact(
        cast.id("ana"),
        actor=ana.actor,
        at=ana.at,
        kind="webpush",
        target=push.subscription,
        verified=True,
    )
    prepare()
    push.expired = True
    commands.send_test_pages(cast.id("ana"), actor=ana.actor, at=ana.at)
    send_pages("webpush", channels)
    settle()
    contact.refresh_from_db()
    assert (contact.verified_at, contact.stopped) == (None, "gone")
    [ready] = [one for one in answer(call("GET", "/readiness"))["items"] if one["person"] == "ana"]
    assert "contact_stopped" in ready["lacks"]


def test_a_round_of_tests_reaches_everybody_once(
    cast: Cast, ntfy: NtfyServer, clock: Clock, call: Call
) -> None:
    for who in ("ana", "ben", "cleo"):
        give(cast, who, ntfy, verified=who != "cleo")
    planned = {"on": True, "weekday": 2, "hour": 11, "every_weeks": 4}
    problem(call("PUT", "/test-plan", planned, who="cleo"), 403, "role")
    told = answer(call("PUT", "/test-plan", planned))
    assert due.begin_due_rounds() == 0
    clock.set(models.TestPlan.objects.get().due_at)  # type: ignore[arg-type]
    assert due.begin_due_rounds() == 2
    assert due.begin_due_rounds() == 0  # cleo has nothing proved, the others have theirs
    tested = models.TestPage.objects.values_list("contact__person__handle", flat=True)
    assert sorted(tested) == ["ana", "ben"]
    assert models.TestPlan.objects.get().due_at - now() > timedelta(days=27)  # type: ignore[operator]
    assert answer(call("GET", "/test-plan"))["due_at"] > told["due_at"]
    answer(call("PUT", "/test-plan", planned | {"on": False}))
    clock.advance(timedelta(days=60))
    assert due.begin_due_rounds() == 0


def test_somebody_who_tested_a_lot_does_not_stop_the_round_for_others(  # I14
    cast: Cast, ntfy: NtfyServer, clock: Clock, call: Call
) -> None:
    for who in ("ana", "ben"):
        give(cast, who, ntfy, verified=True)
    answer(call("PUT", "/test-plan", {"on": True, "weekday": 2, "hour": 11, "every_weeks": 1}))
    clock.set(models.TestPlan.objects.get().due_at - timedelta(minutes=1))  # type: ignore[operator]
    for _ in range(12):
        answer(call("POST", "/people/ana/test-pages", {}, who="ana"), 201)
    problem(call("POST", "/people/ana/test-pages", {}, who="ana"), 429, "test_pages_too_many")
    clock.advance(timedelta(minutes=1))
    assert due.begin_due_rounds() == 2


def test_how_people_are_reached_is_shown_to_who_responds_or_audits(
    cast: Cast, ntfy: NtfyServer, call: Call
) -> None:
    give(cast, "ana", ntfy, verified=True)
    answer(call("POST", "/people/ana/test-pages", {}, who="ana"), 201)
    for who, sees in (("ben", True), ("ada", True), ("sam", False)):
        people = {one["person"] for one in answer(call("GET", "/readiness", who=who))["items"]}
        assert ("ana" in people) is sees
        assert who in people
        assert bool(answer(call("GET", "/test-pages", who=who))["items"]) is sees
