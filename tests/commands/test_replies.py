"""A reply to a page's letter acknowledges it: own address, signed token, no machine (S17)."""

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from django.test import override_settings

from calling import Call, answer
from engine import settle
from fakes.smtp import SmtpServer
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.egress import Egress
from muster.adapters.mailboxes.smtp.door import MailDoor
from muster.adapters.peers import Allowed
from muster.core.ports.contact import Channels
from muster.core.reply import Reply, ReplyAnswer
from muster.foundation.access.queries import now
from muster.mobilize.escalation.replies import take_reply
from muster.mobilize.paging.due import Sender
from muster.mobilize.paging.models import Delivery, Page
from muster.mobilize.paging.reply_links import delivery_of_reply, reply_token
from people import Cast

MAILBOX = "ack@reply.example.com"


class Nobodys:
    """No alert comes in here."""

    def knows(self, _key: str) -> bool:
        return False

    def take(self, _key: str, _content: bytes) -> bool:
        return False


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server, override_settings(REPLY_MAILBOX=MAILBOX, BASE_URL="https://m.example.com"):
        yield server


@pytest.fixture
def heard() -> list[ReplyAnswer]:
    """What became of each reply that came in."""
    return []


@pytest.fixture
def door(heard: list[ReplyAnswer]) -> Iterator[MailDoor]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    opened = MailDoor.parse(f"smtp://127.0.0.1:{port}/?to={MAILBOX}")

    def judge(reply: Reply) -> ReplyAnswer:
        heard.append(take_reply(reply))
        return heard[-1]

    controller = opened.open(judge, Nobodys())
    yield opened
    controller.stop()


@pytest.fixture
def letter(cast: Cast, smtp: SmtpServer, reach, call: Call) -> EmailMessage:
    """Ana was paged by mail; this is what she got."""
    reach("ana")
    answer(call("POST", "/pages", {"target": "person:ana", "summary": "Checkout is down"}), 201)
    settle()
    channel = EmailChannel(Egress(Allowed.parse("127.0.0.0/8")), Server.parse(smtp.url), seconds=5)
    Sender("email", Channels({"email": channel})).run(now())
    return smtp.wait_for(1)[0].message


def reply(door: MailDoor, to: str, sender: str = "ana@example.com", **headers: str) -> None:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = f"Ana <{sender}>", to, "Re: Checkout is down"
    for name, value in headers.items():
        said[name.replace("_", "-")] = value
    said.set_content("On it.")
    with smtplib.SMTP(door.host, door.port, timeout=10) as client:
        client.send_message(said, from_addr=sender, to_addrs=[to])


def test_a_reply_from_the_own_address_acknowledges(
    letter: EmailMessage, door: MailDoor, heard: list[ReplyAnswer]
) -> None:
    assert "reply to this letter" in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    to = str(letter["Reply-To"].addresses[0].addr_spec)
    assert len(to.partition("@")[0]) <= 64
    reply(door, to.upper())
    assert heard == [ReplyAnswer.ACKNOWLEDGED]
    assert Page.objects.get().acknowledged_at is not None
    assert Delivery.objects.get().state == "acknowledged"
    reply(door, to)  # twice is no fault
    assert heard == [ReplyAnswer.ACKNOWLEDGED] * 2


def test_nobody_elses_reply_and_no_machines_counts(
    letter: EmailMessage, door: MailDoor, heard: list[ReplyAnswer]
) -> None:
    to = str(letter["Reply-To"].addresses[0].addr_spec)
    reply(door, to, sender="eve@example.com")
    reply(door, to, Auto_Submitted="auto-replied")
    number, _dot, mark = to.removeprefix("ack+").partition("@")[0].partition(".")
    for forged in (f"{number}.{'a' * len(mark)}", f"{int(number) + 1}.{mark}", "x.y", "."):
        reply(door, f"ack+{forged}@reply.example.com")
    assert heard == [ReplyAnswer.WRONG_SENDER, ReplyAnswer.AUTOMATIC, *[ReplyAnswer.TOKEN_UNKNOWN] * 4]
    assert Page.objects.get().acknowledged_at is None


def test_the_door_relays_nothing(door: MailDoor, cast: Cast, heard: list[ReplyAnswer]) -> None:
    with smtplib.SMTP(door.host, door.port, timeout=10) as client:
        client.ehlo()
        client.mail("ana@example.com")
        for to in ("eve@elsewhere.example", MAILBOX, "ack+1@elsewhere.example"):
            assert client.rcpt(to)[0] == 550
    assert heard == []


def test_when_it_cannot_be_judged_the_letter_comes_again(
    letter: EmailMessage, door: MailDoor, heard: list[ReplyAnswer]
) -> None:
    def broken(_reply: Reply) -> ReplyAnswer:
        raise ConnectionError

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    other = MailDoor("127.0.0.1", port, MAILBOX)
    controller = other.open(broken, Nobodys())
    with pytest.raises(smtplib.SMTPDataError) as refused:
        reply(other, str(letter["Reply-To"].addresses[0].addr_spec))
    controller.stop()
    assert refused.value.smtp_code == 451


@pytest.mark.parametrize("token", ["", "1", "1.", ".x", "١.x", "9" * 30 + ".x", "1.é"])
def test_a_token_that_is_not_ours_names_nothing(token: str) -> None:
    assert delivery_of_reply(token) is None
    assert delivery_of_reply(reply_token(7)) == 7


@pytest.mark.parametrize(
    "url",
    [
        "smtp://0.0.0.0/?to=a@b.example",
        "smtp://0.0.0.0:2525/",
        "smtp://h:1/?to=a+b@c.example",
        "smtp://h:1/?to=a@b.example&alerts=nobody",
        "smtp://h:1/?to=a@b.example&alerts=A@b.example",
    ],
)
def test_a_door_that_is_none_is_said(url: str) -> None:
    with pytest.raises(ValueError):
        MailDoor.parse(url)
