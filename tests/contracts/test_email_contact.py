"""Pages as e-mail: what the letter holds, and that nothing in an alert can change more than its text."""

import dataclasses
import socket
import ssl
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import EmailPolicy, default

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.certificate import server_context
from fakes.smtp import Behaviour, SmtpServer
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.letter import letter
from muster.adapters.contacts.email.server import Security
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.egress import Egress
from muster.core.ports.contact import Contact, SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message

ANA = Contact("1", "email", {"address": "ana@example.com"})
NASTY = "\r\n".join(
    (
        'x"><script>alert(1)</script>',
        "Bcc: eve@example.com",
        "",
        "<img src=x onerror=alert(1)> javascript:\x00\u202e",
    )
)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as opened:
        yield opened


def channel_to(smtp: SmtpServer, egress: Egress) -> EmailChannel:
    return EmailChannel(egress, Server.parse(smtp.url), seconds=3)


def test_the_letter_says_what_happened_in_text_and_in_html(
    smtp: SmtpServer, egress: Egress, message: Message
) -> None:
    channel_to(smtp, egress).send(ANA, message)
    mail = smtp.mails[0]
    assert (mail.sender, mail.recipients) == ("muster@example.com", ("ana@example.com",))
    assert mail.message["Subject"] == "Disk full on db-1"
    for text in (mail.text("plain"), mail.text("html")):
        for part in (
            "/var is full ünïcode",
            message.ack_url,
            message.url,
            "Acknowledge",
            "on call for Payments",
        ):
            assert part in text


def test_no_machine_answers_it_and_mail_programs_keep_a_subject_together(
    message: Message,
) -> None:  # B7, RFC 3834
    one = letter(message, sender="muster@example.com", recipient="ana@example.com")
    again = letter(
        dataclasses.replace(message, key="other"), sender="muster@example.com", recipient="ana@example.com"
    )
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["X-Auto-Response-Suppress"] == "All"
    assert "muster.example.com" in one["List-Id"]
    assert one["References"] == again["References"]
    assert one["Message-ID"] != again["Message-ID"]
    assert one["Importance"] == "high"


def test_the_bytes_of_every_attempt_are_the_same_but_for_the_boundary(message: Message) -> None:
    first, second = (letter(message, sender="m@example.com", recipient="a@example.com") for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_nothing_in_an_alert_becomes_a_header_or_markup(  # S47
    smtp: SmtpServer, egress: Egress, message: Message
) -> None:
    names = ("headline", "person_name", "subject", "delivery", "key", "ack_label", "footer", "url")
    poisoned = dataclasses.replace(message, lines=(NASTY,), **dict.fromkeys(names, NASTY))
    channel_to(smtp, egress).send(ANA, poisoned)
    mail = smtp.mails[0]
    assert mail.recipients == ("ana@example.com",)
    assert mail.message["Bcc"] is None
    assert [str(value) for value in mail.message.get_all("To", [])] == ["ana@example.com"]
    html = mail.text("html")
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="x"' not in html


@pytest.mark.parametrize(
    "address",
    ["", "ana", "a@b@c", "a b@example.com", "ana@example.com\r\nBcc: e@x.y", "a,b@x.y", "<a@b.c>", "a@b.c>"],
)
def test_an_address_that_is_not_one_mailbox_is_refused_unsent(
    smtp: SmtpServer, egress: Egress, message: Message, address: str
) -> None:
    with pytest.raises(SendFailed) as caught:
        channel_to(smtp, egress).send(Contact("1", "email", {"address": address}), message)
    assert (caught.value.failure, caught.value.reason) == (Failure.PERMANENT, FailureReason.BAD_CONTACT)
    assert smtp.connections == 0


def test_addresses_beyond_ascii_arrive(smtp: SmtpServer, egress: Egress, message: Message) -> None:
    for address in ("jörg@example.com", "ana@müller.example"):
        channel_to(smtp, egress).send(Contact("1", "email", {"address": address}), message)
    assert smtp.mails[0].recipients == ("jörg@example.com",)
    assert smtp.mails[1].recipients == ("ana@xn--mller-kva.example",)


def test_one_connection_serves_many_letters_of_one_thread(
    smtp: SmtpServer, egress: Egress, message: Message
) -> None:
    channel = channel_to(smtp, egress)
    for number in range(5):
        channel.send(ANA, dataclasses.replace(message, key=f"k{number}"))
    assert smtp.connections == 1
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda n: channel.send(ANA, dataclasses.replace(message, key=f"t{n}")), range(9)))
    assert len(smtp.mails) == 14
    assert smtp.connections <= 4


@pytest.mark.parametrize("idle_seconds", [0, 2])
@pytest.mark.parametrize("died", ["closed", "ended by the server"])
def test_a_kept_connection_that_died_is_replaced_without_a_failure(
    egress: Egress, message: Message, died: str, idle_seconds: int
) -> None:
    """Also one that was used a moment ago, which is not asked beforehand whether it still answers."""
    with SmtpServer() as smtp:
        channel = channel_to(smtp, egress)
        channel.send(ANA, message)
        held = channel._local.held
        held.used_at -= idle_seconds
        if died == "closed":
            held.client.sock.close()
        else:
            held.client.sock.shutdown(socket.SHUT_RDWR)
        channel.send(ANA, message)
        assert len(smtp.mails) == 2


def test_a_server_that_takes_commands_together_is_told_them_in_one_piece(
    egress: Egress, message: Message
) -> None:  # RFC 2920
    def serve(server: socket.socket) -> bytes:
        """The bytes of the first piece after the greetings; everything is taken."""
        other, _ = server.accept()
        with other:
            other.settimeout(5)
            other.sendall(b"220 here\r\n")
            other.recv(65536)
            other.sendall(b"250-here\r\n250 PIPELINING\r\n")
            said = other.recv(65536)
            other.sendall(b"250 yes\r\n250 yes\r\n354 go on\r\n")
            content = b""
            while not content.endswith(b"\r\n.\r\n"):
                content += other.recv(65536)
            other.sendall(b"250 taken\r\n")
            return said

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:
        server.settimeout(5)
        said = threads.submit(serve, server)
        url = f"smtp://127.0.0.1:{server.getsockname()[1]}/?from=muster@example.com"
        channel = EmailChannel(egress, Server.parse(url), seconds=3)
        assert channel.send(ANA, message).receipt == "taken"
        assert said.result(5) == b"MAIL FROM:<muster@example.com>\r\nRCPT TO:<ana@example.com>\r\nDATA\r\n"


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_letter_arrives_byte_for_byte_whatever_its_lines_begin_with(
    smtp: SmtpServer, egress: Egress, message: Message, *, pipelining: bool
) -> None:
    smtp.behaviour = Behaviour(pipelining=pipelining)
    dots = dataclasses.replace(message, lines=(".", "..", ". end", "\n.\n"))
    channel_to(smtp, egress).send(ANA, dots)
    sent = message_from_bytes(
        letter(dots, sender="muster@example.com", recipient="ana@example.com").as_bytes(), policy=default
    )
    came = smtp.mails[0].message
    assert [one.get_payload() for one in came.walk() if not one.is_multipart()] == [
        one.get_payload() for one in sent.walk() if not one.is_multipart()
    ]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("answer", "failure"),
    [("550 5.1.1 no such user", Failure.PERMANENT), ("450 4.2.1 greylisted", Failure.TEMPORARY)],
)
def test_a_refused_recipient_is_told_apart(
    smtp: SmtpServer, egress: Egress, message: Message, answer: str, failure: Failure, *, pipelining: bool
) -> None:
    smtp.behaviour = Behaviour(recipient=answer, pipelining=pipelining)
    with pytest.raises(SendFailed) as caught:
        channel_to(smtp, egress).send(ANA, message)
    assert (caught.value.failure, caught.value.reason) == (failure, FailureReason.RECIPIENT_REFUSED)
    assert caught.value.detail == answer[:3]


def test_without_a_server_it_fails_at_once_with_that_reason(egress: Egress, message: Message) -> None:
    with pytest.raises(SendFailed) as caught:
        EmailChannel(egress, None).send(ANA, message)
    assert (caught.value.failure, caught.value.reason) == (Failure.PERMANENT, FailureReason.NOT_CONFIGURED)


def test_it_signs_in_where_the_server_asks(egress: Egress, message: Message) -> None:
    with SmtpServer(user="muster", password="right") as smtp:
        channel_to(smtp, egress).send(ANA, message)
        assert len(smtp.mails) == 1
        wrong = Server.parse(smtp.url.replace("right", "wrong"))
        with pytest.raises(SendFailed) as caught:
            EmailChannel(egress, wrong, seconds=3).send(ANA, message)
        assert (caught.value.failure, caught.value.reason) == (
            Failure.PERMANENT,
            FailureReason.SIGN_IN_REFUSED,
        )


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_a_connection_is_protected_where_the_address_says_so(
    way: str, egress: Egress, message: Message
) -> None:
    context, trusted = server_context()
    with SmtpServer(**{way: context}) as smtp:
        with pytest.raises(SendFailed) as caught:  # negative control: a certificate nobody trusts
            channel_to(smtp, egress).send(ANA, message)
        assert caught.value.reason is FailureReason.TLS_FAILED
        ours = Egress(egress.allowed, tls_context=ssl.create_default_context(cadata=trusted))
        channel_to(smtp, ours).send(ANA, message)
        assert len(smtp.mails) == 1


def test_a_server_without_starttls_gets_no_letter_in_the_clear(
    smtp: SmtpServer, egress: Egress, message: Message
) -> None:
    server = dataclasses.replace(Server.parse(smtp.url), security=Security.STARTTLS)
    with pytest.raises(SendFailed) as caught:
        EmailChannel(egress, server, seconds=3).send(ANA, message)
    assert caught.value.reason is FailureReason.TLS_FAILED
    assert smtp.mails == []


def test_the_server_is_read_from_one_address() -> None:
    server = Server.parse("smtp+starttls://us%40er:p%3Ass@mail.example.com/?from=muster@example.com")
    assert (server.host, server.port, server.security) == ("mail.example.com", 587, Security.STARTTLS)
    assert (server.user, server.password, server.sender) == ("us@er", "p:ss", "muster@example.com")
    assert "p:ss" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "http://x", "smtp://", "smtp://h:port", "smtp://h/?from=nobody", "smtp://h:99999"]
)
def test_a_bad_server_address_says_what_is_wrong(url: str) -> None:
    with pytest.raises(ValueError):
        Server.parse(url)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headline=st.text(max_size=90),
    host=st.from_regex(r"[a-z]{1,30}\.example", fullmatch=True),
    key=st.text(string.ascii_letters, min_size=1, max_size=60),
)
def test_what_is_kept_of_earlier_letters_changes_no_byte(
    message: Message, headline: str, host: str, key: str
) -> None:
    said = dataclasses.replace(message, headline=headline, key=key, delivery=key)
    for recipient in (f"{key}@{host}", f"ü{key}@{host}"):
        made = letter(said, sender="muster@example.com", recipient=recipient)
        stock = EmailPolicy(linesep="\r\n", utf8=not recipient.isascii())
        assert made.as_bytes() == made.as_bytes(policy=stock)
