"""A step that tells a webhook: signed, tried again, through the guard, and never in the ladder's way."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from calling import Call, answer, problem
from database import Clock
from engine import settle
from fakes.smtp import until
from fakes.webhook import WebhookReceiver, hang, status
from muster.adapters.contacts.webhook.channel import WebhookChannel
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.claim import LEASE
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.core.refusal import Refused
from muster.detect.commands import META_SERVICE, receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.catalog.commands import retire
from muster.foundation.catalog.reasons import Retiring
from muster.foundation.timeline.crew import Crew
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.showing import explained, shown_weaknesses
from muster.mobilize.paging.commands import add_webhook, claim_posts
from muster.mobilize.paging.due import post_sender
from muster.mobilize.paging.models import Page, Post, Webhook
from muster.mobilize.watch.due import ClockWatch
from muster.mobilize.watch.looks import Eye
from people import Cast
from senders import set_policy, trigger

TESTS = system("tests")
LOOPBACK = "127.0.0.0/8"


@dataclass
class House:
    """Checkout, and a machine that its policy tells."""

    key: str
    hook: WebhookReceiver
    clock: Clock
    secret: str = ""
    allowed: str = LOOPBACK
    sender: Crew[Post] | None = None
    policy: Policy = field(default_factory=Policy)

    def goes_up(self, *steps: dict[str, Any]) -> "House":
        """With a policy of these steps."""
        row = add_webhook(
            actor=TESTS, at=queries.now(), handle="runbook", name="The runbook", url=self.hook.url
        )
        self.secret = row.target["secret"]
        self.policy = commands.add_policy(
            actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": list(steps)}
        )
        set_policy("checkout", "payments")
        return self

    def fires(self) -> AlertGroup:
        """An alert of checkout."""
        receive_signals([trigger(self.key)])
        settle()
        return AlertGroup.objects.exclude(service__handle=META_SERVICE).latest("id")

    def sends(self) -> None:
        """Everything that is due leaves, by the sender of the product."""
        if self.sender is None:
            channel = WebhookChannel(Egress(Allowed.parse(self.allowed)), master_secret="m", seconds=2)
            self.sender = post_sender(Channels({"webhook": channel}))
        while self.sender.run():
            assert until(lambda: not Post.objects.filter(state="sending").exists())
        settle()

    def passes(self, by: timedelta) -> None:
        """So much time, and the steps that are due then."""
        self.clock.advance(by + timedelta(seconds=1))
        climb_due_escalations()


@pytest.fixture
def house(key: str, cast: Cast, reach: Callable[[str], None], clock: Clock) -> Iterator[House]:
    """Ana and the admin can be reached."""
    prepare()
    for handle in ("ana", "admin"):
        reach(handle)
    with WebhookReceiver() as hook:
        yield House(key, hook, clock)


def step(after: str, *targets: str) -> dict[str, Any]:
    """One step."""
    return {"after": after, "notify": list(targets)}


def paged(group: AlertGroup) -> list[str]:
    """Who was paged about it."""
    return list(Page.objects.filter(about=group.subject).values_list("person__handle", flat=True))


def test_it_is_told_signed_with_its_own_secret(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook", "person:ana"))
    group = house.fires()
    house.sends()
    [told] = house.hook.requests
    assert (told.json["type"], told.json["data"]["summary"], told.json["data"]["service"]) == (
        "escalation.step",
        "Checkout fails",
        "checkout",
    )
    signed = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode() + told.body
    key = base64.b64decode(house.secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert told.headers["webhook-signature"] == expected
    assert (paged(group), Post.objects.get().state) == (["ana"], "accepted")


def test_it_is_tried_again_with_the_same_key_and_the_ladder_goes_on_meanwhile(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook"), step("5m", "person:ana"))
    house.hook.answer = status(500)
    group = house.fires()
    house.sends()
    assert (Post.objects.get().state, paged(group)) == ("retrying", [])
    house.passes(timedelta(minutes=5))
    assert paged(group) == ["ana"]
    house.hook.answer = status(200)
    house.sends()
    assert Post.objects.get().state == "accepted"
    assert len({one.headers["webhook-id"] for one in house.hook.requests}) == 1
    assert len(house.hook.requests) == 2


def test_when_a_step_of_webhooks_alone_cannot_be_told_what_follows_starts_at_once(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook"), step("15m", "person:ana"))
    house.hook.answer = status(410)
    group = house.fires()
    assert paged(group) == []
    house.sends()
    assert (Post.objects.get().state, paged(group)) == ("failed", ["ana"])
    told = explained(Alert.objects.exclude(service__handle=META_SERVICE).get(), TESTS, queries.now())
    assert [(one["webhook"], one["state"], one["reason"]) for one in told["posts"]] == [
        ("runbook", "failed", "gone")
    ]
    assert Event.objects.filter(kind="escalation.hastened").count() == 1


def test_where_people_were_paged_too_a_webhook_that_fails_changes_nothing(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook", "person:ana"), step("15m", "person:admin"))
    house.hook.answer = status(410)
    group = house.fires()
    house.sends()
    assert (Post.objects.get().state, paged(group)) == ("failed", ["ana"])


def test_an_address_of_our_own_network_is_never_asked(house: House) -> None:
    """I22: the guard of the webhook channel holds here too."""
    house.allowed = ""
    house.goes_up(step("0s", "webhook:runbook"), step("15m", "person:ana"))
    group = house.fires()
    house.sends()
    assert house.hook.connections == 0
    assert (Post.objects.get().reason, paged(group)) == ("target_refused", ["ana"])


def test_one_that_hangs_holds_nobodys_page_up(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook", "person:ana"))
    house.hook.answer = hang()
    group = house.fires()
    assert paged(group) == ["ana"]
    house.sends()
    assert Post.objects.get().state == "retrying"


def test_what_somebody_has_acknowledged_is_told_to_no_webhook(house: House, cast: Cast) -> None:
    house.goes_up(step("0s", "webhook:runbook", "person:ana"))
    group = house.fires()
    who = cast("ana")
    commands.acknowledge_group(group.pk, actor=who.actor, at=who.at)
    house.sends()
    assert house.hook.connections == 0
    assert Post.objects.get().state == "cancelled"


def test_a_step_that_finds_nobody_falls_through_and_tells_its_webhook(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook", "person:sam"), step("15m", "person:ana"))
    group = house.fires()
    house.sends()
    assert (paged(group), len(house.hook.requests)) == (["ana"], 1)


def test_webhooks_alone_are_a_weak_place_and_the_fallback_is_paged_all_the_same(
    standard: None, house: House
) -> None:
    house.goes_up(step("0s", "webhook:runbook"))
    found = shown_weaknesses(house.policy, queries.now())
    assert "only_webhooks" in [one["weakness"] for one in found]
    group = house.fires()
    assert paged(group) == []
    house.passes(timedelta(minutes=15))
    assert paged(group) == ["admin"]


def test_one_that_a_policy_names_is_not_retired(house: House) -> None:
    house.goes_up(step("0s", "webhook:runbook"))
    with pytest.raises(Refused) as refused:
        retire(Webhook, Webhook.objects.get().pk, actor=TESTS, at=queries.now())
    assert (refused.value.reason, refused.value.detail["by"]) == (Retiring.POINTED_AT, "policy:payments")


# The doors

RUNBOOK = {"handle": "runbook", "name": "Runbook", "url": "https://example.com/hooks/s3cret"}


def test_the_secret_is_shown_once_and_the_address_never(call: Call) -> None:
    made = answer(call("POST", "/webhooks", RUNBOOK), 201)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    assert made["host"] == "example.com"
    shown = call("GET", "/webhooks").content.decode() + call("GET", "/webhooks/runbook").content.decode()
    assert "s3cret" not in shown
    assert made["secret"] not in shown
    told = "".join(str(event.payload) for event in Event.objects.all())
    assert "s3cret" not in told


def test_only_who_may_configure_makes_one(call: Call) -> None:
    assert call("POST", "/webhooks", RUNBOOK, who="ana").status_code == 403


def test_an_address_that_is_none_is_refused(call: Call) -> None:
    problem(call("POST", "/webhooks", RUNBOOK | {"url": "ftp://example.com"}), 422, "webhook_invalid")


FILE = """
version: 1
webhooks: [{handle: runbook, name: Runbook, url: "https://example.com/hooks/s3cret", secret: "very secret"}]
policies: [{handle: pay, steps: [{after: 0s, notify: ["webhook:runbook", "person:ana"]}]}]
"""


def test_it_is_configured_as_code_and_exported_by_marks_alone(call: Call) -> None:
    """I23: the export is read back here, and tells nobody else what is secret."""
    answer(call("POST", "/configuration/apply", FILE.replace(', secret: "very secret"', "")))
    assert answer(call("POST", "/configuration/apply", FILE))["webhooks"] == []
    again = answer(call("POST", "/configuration/apply", FILE))
    assert {one["action"] for one in again["plan"]} == {"leave"}
    exported = call("GET", "/configuration/export").content.decode()
    assert "webhook:runbook" in exported
    assert "s3cret" not in exported
    assert "very secret" not in exported
    back = answer(call("POST", "/configuration/apply", exported))
    assert {one["action"] for one in back["plan"]} == {"leave"}


def test_a_clock_set_back_keeps_no_machine_waiting(house: House, eye: Eye) -> None:
    """What waits is told after its own wait, and the lease of a sender that died ends when it would have."""
    house.goes_up(step("0s", "person:ana", "webhook:runbook")).fires()
    looking = ClockWatch(eye)
    looking.run()
    house.clock.advance(-timedelta(hours=1))
    looking.run()
    house.clock.advance(timedelta(seconds=1))
    assert len(claim_posts(4, actor=TESTS, at=queries.now())) == 1  # and whoever claimed it dies
    looking.run()
    house.clock.advance(-timedelta(hours=1))
    looking.run()
    house.clock.advance(LEASE + timedelta(seconds=2))
    house.sends()
    assert len(house.hook.requests) == 1
    assert Event.objects.filter(kind="post.shifted").count() == 2
