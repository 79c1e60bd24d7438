"""What every channel keeps: success only on a final positive answer, one key on every attempt (V, I6)."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from fakes.certificate import server_context
from fakes.smtp import Behaviour, SmtpServer
from fakes.webhook import WebhookReceiver, endless, hang, reset, status, trickle
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.contacts.webhook.channel import WebhookChannel
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.ports.contact import Channels, Contact, ContactChannel, SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message

SECONDS = 0.6
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"


@dataclass
class Line:
    """A channel, somebody to reach over it, and the far end."""

    channel: ContactChannel
    contact: Contact
    behave: Callable[[str], None]
    keys: Callable[[], list[str]]
    """The idempotency keys of everything that arrived, whatever was answered."""


@contextmanager
def email(egress: Egress, *, expired: bool = False) -> Iterator[Line]:
    with SmtpServer(tls=server_context(days=-1)[0] if expired else None) as smtp:
        modes = {
            "good": Behaviour(),
            "hang": Behaviour(greeting="-"),
            "hang in the middle": Behaviour(hang_in_data=True),
            "temporary": Behaviour(data="451 4.3.0 later"),
            "permanent": Behaviour(data="554 5.7.1 never"),
            "reset": Behaviour(drop_after_data=True),
            "trickle": Behaviour(greeting="trickle"),
            "nonsense": Behaviour(greeting="HTTP/1.1 200 OK"),
        }

        def behave(mode: str) -> None:
            smtp.behaviour = modes[mode]

        yield Line(
            EmailChannel(egress, Server.parse(smtp.url), seconds=SECONDS),
            Contact("1", "email", {"address": "ana@example.com"}),
            behave,
            lambda: [str(mail.message["Message-ID"]) for mail in smtp.mails],
        )


@contextmanager
def webhook(egress: Egress, *, expired: bool = False) -> Iterator[Line]:
    with WebhookReceiver(tls=server_context(days=-1)[0] if expired else None) as hook:
        modes = {
            "good": status(204, body=b""),
            "hang": hang(),
            "hang in the middle": hang(HALF),
            "temporary": status(500),
            "permanent": status(400),
            "reset": reset(),
            "trickle": trickle(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50, 0.1),
            "nonsense": reset(b"220 smtp.example.com ESMTP\r\n"),
        }

        def behave(mode: str) -> None:
            hook.answer = modes[mode]

        yield Line(
            WebhookChannel(egress, master_secret="m", seconds=SECONDS),
            Contact("1", "webhook", {"url": hook.url}),
            behave,
            lambda: [request.headers["webhook-id"] for request in hook.requests],
        )


LINES = {"email": email, "webhook": webhook}


@pytest.fixture(params=list(LINES))
def line(request: pytest.FixtureRequest, egress: Egress) -> Iterator[Line]:
    with LINES[request.param](egress) as opened:
        yield opened


def failure(line: Line, message: Message) -> SendFailed:
    """How a send fails, in a bounded time."""
    started = time.monotonic()
    with pytest.raises(SendFailed) as caught:
        line.channel.send(line.contact, message)
    assert time.monotonic() - started < SECONDS + 3
    return caught.value


def test_a_good_send_returns(line: Line, message: Message) -> None:  # R39
    line.behave("good")
    line.channel.send(line.contact, message)
    assert len(line.keys()) == 1


@pytest.mark.parametrize(
    ("mode", "reasons"),
    [
        ("hang", {FailureReason.TIMED_OUT}),
        ("hang in the middle", {FailureReason.TIMED_OUT}),
        ("trickle", {FailureReason.TIMED_OUT}),
        ("temporary", {FailureReason.SERVER_ERROR}),
        ("reset", {FailureReason.CONNECTION_LOST}),
        ("nonsense", {FailureReason.CONNECTION_LOST, FailureReason.SERVER_ERROR}),
    ],
)
def test_what_may_heal_is_a_temporary_failure(
    line: Line, message: Message, mode: str, reasons: set[FailureReason]
) -> None:
    line.behave(mode)
    failed = failure(line, message)
    assert failed.failure is Failure.TEMPORARY
    assert failed.reason in reasons


def test_a_refusal_for_good_is_permanent(line: Line, message: Message) -> None:
    line.behave("permanent")
    failed = failure(line, message)
    assert (failed.failure, failed.reason) == (Failure.PERMANENT, FailureReason.REFUSED)


def test_every_attempt_carries_the_same_key_also_after_a_lost_answer(line: Line, message: Message) -> None:
    for mode in ("good", "temporary", "reset", "good", "good"):
        line.behave(mode)
        if mode == "good":
            line.channel.send(line.contact, message)
        else:
            failure(line, message)
    assert len(line.keys()) >= 3
    assert len(set(line.keys())) == 1


def test_two_deliveries_have_two_keys(line: Line, message: Message) -> None:
    line.behave("good")
    other = Message(**{**{n: getattr(message, n) for n in Message.__slots__}, "key": "dl_8"})  # type: ignore[attr-defined]
    for one in (message, other):
        line.channel.send(line.contact, one)
    assert len(set(line.keys())) == 2


def test_it_works_again_after_any_failure(line: Line, message: Message) -> None:
    for mode in ("temporary", "reset", "hang in the middle"):
        line.behave(mode)
        failure(line, message)
        line.behave("good")
        line.channel.send(line.contact, message)


def test_the_failure_names_neither_the_contact_nor_what_was_answered(
    line: Line, message: Message
) -> None:  # I23
    line.behave("permanent")
    text = str(failure(line, message))
    assert "ana@example.com" not in text
    assert "/pages" not in text
    assert "never" not in text


@pytest.mark.parametrize("kind", list(LINES))
def test_a_private_address_that_nobody_listed_is_refused_before_a_byte_is_sent(
    kind: str, message: Message
) -> None:
    with LINES[kind](Egress(Allowed())) as line:  # S20, S33
        line.behave("good")
        failed = failure(line, message)
        assert (failed.failure, failed.reason) == (Failure.PERMANENT, FailureReason.TARGET_REFUSED)
        assert line.keys() == []


@pytest.mark.parametrize("kind", list(LINES))
def test_a_certificate_that_cannot_be_trusted_is_refused(kind: str, egress: Egress, message: Message) -> None:
    with LINES[kind](egress, expired=True) as line:
        line.behave("good")
        failed = failure(line, message)
        assert (failed.failure, failed.reason) == (Failure.PERMANENT, FailureReason.TLS_FAILED)
        assert line.keys() == []


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_nobody_listening_is_a_temporary_failure(egress: Egress, message: Message, closed_port: int) -> None:
    lines = [
        (EmailChannel(egress, Server.parse(f"smtp://127.0.0.1:{closed_port}")), {"address": "a@example.com"}),
        (WebhookChannel(egress, master_secret="m"), {"url": f"http://127.0.0.1:{closed_port}/"}),
    ]
    for channel, values in lines:
        with pytest.raises(SendFailed) as caught:
            channel.send(Contact("1", channel.form.kind, values), message)
        assert caught.value.failure is Failure.TEMPORARY
        assert caught.value.reason is FailureReason.CANNOT_CONNECT


def test_a_name_that_is_not_found_is_a_temporary_failure(egress: Egress, message: Message) -> None:
    for channel, values in [
        (EmailChannel(egress, Server.parse("smtp://nobody.invalid:2525")), {"address": "a@example.com"}),
        (WebhookChannel(egress, master_secret="m"), {"url": "https://nobody.invalid/"}),
    ]:
        with pytest.raises(SendFailed) as caught:
            channel.send(Contact("1", channel.form.kind, values), message)
        assert caught.value.reason is FailureReason.NAME_NOT_FOUND


def test_a_kind_that_nobody_serves_fails_at_once(message: Message) -> None:
    with pytest.raises(SendFailed) as caught:
        Channels({}).send(Contact("1", "pigeon", {}), message)
    assert caught.value.permanent


def test_every_channel_describes_itself_and_checks_its_own_fields(egress: Egress) -> None:
    with ExitStack() as stack:
        for kind, make in LINES.items():
            line = stack.enter_context(make(egress))
            form = line.channel.form
            assert form.kind == kind == line.contact.kind
            assert list(form.problems(line.contact.values)) == []
            assert {name for name, _ in form.problems({"nonsense": 1})} >= {"nonsense", form.address_field}


def test_an_answer_without_end_is_not_read_to_its_end(egress: Egress, message: Message) -> None:  # S29
    with WebhookReceiver() as hook:
        hook.answer = endless(b"HTTP/1.1 200 OK\r\n\r\n")
        channel = WebhookChannel(egress, master_secret="m", seconds=5)
        started = time.monotonic()
        channel.send(Contact("1", "webhook", {"url": hook.url}), message)
        assert time.monotonic() - started < 4.5  # less than the time-out: it stopped of itself
