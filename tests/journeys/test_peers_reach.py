"""What hurts the users of other tools about being reached, each as a story: 3a, 3b and 14 of peers.csv."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from calling import Call, answer
from database import Clock, Database
from engine import settle
from fakes.ntfy import NtfyServer, refusal
from fakes.smtp import SmtpServer, until
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.contacts.ntfy.channel import NtfyChannel
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.core.signals import Action, SignalSeverity, make_signal
from muster.detect.commands import Received, key_hash, receive_signals
from muster.foundation.access.queries import now
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.oncall.commands import claim_notices
from muster.mobilize.oncall.due import tell_one
from muster.mobilize.paging.due import due_works
from muster.mobilize.paging.models import Delivery
from muster.mobilize.reach.due import warn_of_unreachable
from people import Cast
from processes.test_doctor import REACHABLE, doctor, see_worker

TESTS = system("tests")
NOW = datetime(2026, 10, 5, 7, tzinfo=UTC)
TEAM = """
version: 1
people:
  - {{handle: ana, name: Ana, email: ana@example.com, role: responder, contacts: [{ana}]}}
  - {{handle: ben, name: Ben, email: ben@example.com, role: responder, contacts: [{{kind: email, address: b@example.com}}]}}
  - {{handle: cleo, name: Cleo, email: cleo@example.com, role: manager, contacts: [{{kind: email, address: c@example.com}}]}}
teams: [{{handle: pay, name: Pay, members: [ana, ben], manager: cleo}}]
schedules:
  - {{handle: pay-primary, team: pay, timezone: Europe/Madrid, layers: [{{every: 1 week, start: "2026-10-05T09:00", people: [ana]}}]}}
policies:
  - {{handle: pay, team: pay, steps: [{{after: 0s, notify: [schedule:pay-primary]}}, {{after: 15m, notify: [person:ben]}}]}}
services: [{{handle: checkout, name: Checkout, team: pay, policy: pay}}]
integrations: [{{handle: am, service: checkout, kind: alertmanager}}]
"""  # noqa: E501 - one thing a line


@dataclass
class House:
    """A team with real providers on loopback; a worker's work is done when it is asked for."""

    call: Call
    clock: Clock
    smtp: SmtpServer
    ntfy: NtfyServer
    key: bytes = b""
    channels: Channels = field(default_factory=Channels)

    def begins(self, ana: str) -> "House":
        """With these contacts of Ana's."""
        self.clock.set(NOW)
        prepare()
        shown = answer(self.call("POST", "/configuration/apply", TEAM.format(ana=ana)))["integrations"]
        self.key = key_hash(shown[0]["key"])
        egress = Egress(Allowed.parse("127.0.0.0/8,::1/128"))
        mail = EmailChannel(egress, Server.parse(self.smtp.url))
        self.channels = Channels({"email": mail, "ntfy": NtfyChannel(egress)})
        settle()
        return self

    def cries(self, name: str) -> None:
        signal = make_signal(Action.TRIGGER, name, summary=name, raw={}, severity=SignalSeverity.CRITICAL)
        receive_signals([Received(self.key, "alertmanager", (signal,))])
        settle()

    def sends(self) -> None:
        """Everything that is due leaves, by the sender of the product."""
        send = due_works(self.channels)[0]
        while send.run():
            assert until(lambda: not Delivery.objects.filter(state="sending").exists())
        settle()

    def tells(self) -> None:
        """And the notices."""
        for notice in claim_notices(50, actor=TESTS, at=now()):
            tell_one(notice, self.channels)

    def subjects(self, address: str) -> list[str]:
        return [str(mail.message["Subject"]) for mail in self.smtp.to(address)]


@pytest.fixture
def house(cast: Cast, standard: None, call: Call, clock: Clock) -> Iterator[House]:
    with SmtpServer() as smtp, NtfyServer(token="right") as ntfy:
        yield House(call, clock, smtp, ntfy)


def test_nobody_is_on_call_without_a_way_of_being_reached_in_silence(house: House) -> None:
    """3a, grafana/oncall#1326: said where it is saved, told before the shift, and no step is lost to it."""
    house.begins("")
    told = answer(house.call("GET", "/schedules/pay-primary/checks"))
    reach = next(one for one in told["findings"] if one["check"] == "reachable")
    assert (reach["verdict"], reach["people"]) == ("missed", ["ana"])
    findings = answer(house.call("GET", "/policies/pay/findings"))["items"]
    assert any("Ana" in one["sentence"] for one in findings), findings
    for _ in range(3):
        warn_of_unreachable()
    house.tells()
    [lead] = house.subjects("c@example.com")
    assert lead.startswith("Ana is on call for pay-primary from Mon 5 Oct")
    [ana] = house.subjects("ana@example.com")  # the address with which she signs in: nothing else is known
    assert "no page would reach you" in ana
    house.cries("down")
    house.sends()
    assert len(house.subjects("b@example.com")) == 1
    [alert] = answer(house.call("GET", "/alerts?service=checkout"))["items"]
    explained = answer(house.call("GET", f"/alerts/{alert['id']}/explain"))
    assert [page["person"] for page in explained["pages"]] == ["ben"]
    meta = answer(house.call("GET", "/alerts?service=muster"))["items"]
    assert any("found nobody to page" in one["summary"] for one in meta)


def test_an_address_that_bounces_counts_for_nothing_and_is_told(
    house: House, database: Database, clock: Clock
) -> None:
    """3b, OneUptime#1809: readiness, schedule and doctor say so; Ana hears by another way, then her lead."""
    house.begins(
        "{kind: email, address: a@example.com}, "
        f"{{kind: ntfy, name: push, server: '{house.ntfy.server}', topic: ana, token: right}}"
    )
    house.smtp.behaviour.recipient = "550 no such user"
    house.cries("first")
    house.sends()
    house.smtp.behaviour.recipient = ""
    house.tells()
    pushed = [one["title"] for one in house.ntfy.published]
    assert "email no longer reaches you: the server refused the recipient" in pushed
    assert house.subjects("c@example.com") == []
    [ana] = [one for one in answer(house.call("GET", "/readiness"))["items"] if one["person"] == "ana"]
    assert ana["reachable"]
    assert "email failed its last message: the server refused the recipient" in ana["sentences"]
    # The topic is closed to us as well: nothing is left, and Cleo hears of it.
    clock.advance(timedelta(minutes=2))
    house.ntfy.answer = refusal(40301, "forbidden")
    house.smtp.behaviour.recipient = "550 no such user"
    house.cries("second")
    house.sends()
    house.smtp.behaviour.recipient = ""
    house.tells()
    assert "Nobody can wake Ana: no contact method of theirs works" in house.subjects("c@example.com")
    [ana] = [one for one in answer(house.call("GET", "/readiness"))["items"] if one["person"] == "ana"]
    assert (ana["reachable"], ana["lacks"][0]) == (False, "all_fail")
    told = answer(house.call("GET", "/schedules/pay-primary/checks"))
    reach = next(one for one in told["findings"] if one["check"] == "reachable")
    assert (reach["verdict"], reach["people"]) == ("missed", ["ana"])
    see_worker(database)
    code, found = doctor(MUSTER_DATABASE_URL=database.url, **REACHABLE)
    assert code == 1
    assert found["reach"].startswith("Nobody can wake ana: no contact method that works")
    # Something arrives again: it counts, and a later loss is told anew.
    house.ntfy.answer = house.ntfy.publish
    clock.advance(timedelta(minutes=2))
    house.cries("third")
    house.sends()
    [ana] = [one for one in answer(house.call("GET", "/readiness"))["items"] if one["person"] == "ana"]
    assert ana["reachable"]


def test_a_burst_leaves_as_one_message_a_minute_and_a_block_ends_nobodys_reach(
    house: House, clock: Clock
) -> None:
    """14, target/goalert#1084: no burst of 200; a first SEV1 page jumps; a block is passed."""
    house.begins(
        f"{{kind: ntfy, name: push, server: '{house.ntfy.server}', topic: ana, token: right}}, "
        "{kind: email, address: a@example.com}"
    )
    rules = {"high": [{"after": "0s", "use": "push"}, {"after": "6h", "use": "email"}]}
    answer(house.call("PUT", "/people/ana/contact-rules", {"rules": rules}))
    for minute in range(5):
        signals = [
            make_signal(
                Action.TRIGGER, f"k{minute}-{n}", summary="down", raw={}, severity=SignalSeverity.CRITICAL
            )
            for n in range(40)
        ]
        receive_signals([Received(house.key, "alertmanager", tuple(signals))])
        settle()
        house.sends()
        clock.advance(timedelta(minutes=1, seconds=1))
        house.sends()
    pushed = [one["message"] for one in house.ntfy.published]
    assert 2 <= len(pushed) <= 6, pushed
    assert Delivery.objects.filter(kind="ntfy").count() >= 200
    # A first SEV1 page does not wait for its minute.
    house.cries("again")
    house.sends()
    before = len(house.ntfy.published)
    answer(
        house.call("POST", "/incidents", {"title": "All is lost", "service": "checkout", "severity": "SEV1"}),
        201,
    )
    settle()
    house.sends()
    assert "All is lost" in str(house.ntfy.published[before:])
    # The carrier blocks us: the next contact has its turn at once, and not in six hours.
    house.ntfy.answer = refusal(40301, "forbidden")
    clock.advance(timedelta(minutes=2))
    house.cries("blocked")
    house.sends()
    assert any("blocked" in one for one in house.subjects("a@example.com"))
