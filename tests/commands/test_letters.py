"""Letters to an integration's address become alerts; strangers hear so, and an outage brings them again."""

import contextlib
import smtplib
import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import OperationalError

from contracts.corpora import LETTERS
from muster.adapters.mailboxes.smtp.door import CONNECTIONS, MailDoor
from muster.adapters.sources.email.letter import letter_of
from muster.core.permissions import system
from muster.core.reply import Reply, ReplyAnswer, address_with
from muster.detect import commands
from muster.detect.accounting import account
from muster.detect.letters import knows_key, take_letter
from muster.detect.models import Alert, Integration, Signal
from muster.foundation.access.queries import now
from muster.foundation.catalog.models import Service

TESTS = system("tests")
MAILBOX = "alerts@in.example.com"


@pytest.fixture
def address(key: str) -> str:
    """Where letters to an integration of service checkout go."""
    service = Service.objects.get(handle="checkout")
    given = {"handle": "letters", "kind": "email", "service_id": service.pk}
    _, made = commands.add_integration(actor=TESTS, at=now(), **given)
    return address_with(made, MAILBOX)


class Ours:
    """What the worker does."""

    def knows(self, key: str) -> bool:
        return knows_key(key)

    def take(self, key: str, content: bytes) -> bool:
        return take_letter(key, letter_of(content))


class Away(Ours):
    """The database is away when the letter is there."""

    def take(self, key: str, content: bytes) -> bool:
        raise OperationalError("away")


class Gone(Away):
    """It is away from the beginning."""

    def knows(self, key: str) -> bool:
        raise OperationalError("away")


def opened(alerts: Ours) -> tuple[MailDoor, Any]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    door = MailDoor.parse(f"smtp://127.0.0.1:{port}/?alerts={MAILBOX}")

    def judge(_reply: Reply) -> ReplyAnswer:
        raise AssertionError("this is no reply")

    return door, door.open(judge, alerts)


@pytest.fixture
def door() -> Iterator[MailDoor]:
    found, controller = opened(Ours())
    yield found
    controller.stop()


def write(door: MailDoor, to: str, subject: str, text: str = "97 % of /var is used.") -> None:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = "nagios@db-1.example.com", "ops@example.com", subject
    said.set_content(text)
    with smtplib.SMTP(door.host, door.port, timeout=20) as client:
        client.send_message(said, from_addr="nagios@db-1.example.com", to_addrs=[to])


def test_letters_open_join_and_end_an_alert(door: MailDoor, address: str) -> None:
    """By the address of the envelope, in any case; what is answered 250 is on disk."""
    write(door, address, "PROBLEM: disk full on db-1")
    alert = Alert.objects.get()
    assert (alert.summary, alert.service.handle, alert.state) == (
        "PROBLEM: disk full on db-1",
        "checkout",
        "triggered",
    )
    write(door, address.upper(), "Re: PROBLEM: disk full on db-1")
    write(door, address, "RECOVERY: disk full on db-1")
    alert.refresh_from_db()
    assert (alert.count, alert.state) == (2, "resolved")
    rows = Signal.objects.order_by("id")
    assert [row.disposition for row in rows] == ["opened", "merged", "resolved"]
    assert rows[0].raw["from"] == "nagios@db-1.example.com"


@pytest.mark.parametrize(
    "to", ["alerts+{nobody}@in.example.com", "alerts@in.example.com", "a+b@elsewhere.example"]
)
def test_strangers_hear_that_nobody_is_here(door: MailDoor, address: str, to: str) -> None:
    with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) as refused:
        write(door, to.replace("{nobody}", "z" * 32), "Disk full")
    assert "550" in str(refused.value)
    assert not Signal.objects.exists()


def test_the_key_of_another_kind_opens_nothing(door: MailDoor, key: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        write(door, address_with(key.lower(), MAILBOX), "Disk full")
    assert not Alert.objects.exists()


def test_a_letter_that_says_nothing_is_kept_and_told(door: MailDoor, address: str) -> None:
    write(door, address, "", " ")
    assert [(row.disposition, row.reason) for row in Signal.objects.all()] == [
        ("unreadable", "not_understood")
    ]
    assert Alert.objects.get().summary.startswith("letters sent what cannot be read")


@pytest.mark.parametrize("away", [Away, Gone])
def test_while_it_cannot_be_stored_the_letter_comes_again(address: str, away: type[Ours]) -> None:
    door, controller = opened(away())
    try:
        with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) as refused:
            write(door, address, "Disk full")
    finally:
        controller.stop()
    assert "451" in str(refused.value)


def test_what_its_owner_said_of_its_letters_counts(door: MailDoor, address: str) -> None:
    row = Integration.objects.get(handle="letters")
    commands.change_integration(row.pk, {"mapping": {"ignore_when": "^Weekly"}}, actor=TESTS, at=now())
    write(door, address, "Weekly report")
    write(door, address, "Disk full")
    assert Alert.objects.get().summary == "Disk full"


def test_only_so_many_connections_are_open_at_once(door: MailDoor, address: str) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(CONNECTIONS):
            one = held.enter_context(socket.create_connection((door.host, door.port), timeout=10))
            assert one.recv(3) == b"220"
        with socket.create_connection((door.host, door.port), timeout=10) as late:
            assert late.recv(200).startswith(b"421 ")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(smtplib.SMTPException):
            write(door, address, "Disk full on db-1")
            break
    assert Alert.objects.count() == 1


def test_no_letter_whatever_stops_the_door_or_is_half_written(door: MailDoor, address: str) -> None:
    """B7: each is answered for good, what is taken is stored whole, and the next one is read."""
    for name, content in LETTERS.items():
        with smtplib.SMTP(door.host, door.port, timeout=20) as client:
            refused = answered(client, address, content)
            assert refused is None or 500 <= refused < 600, (name, refused)
    write(door, address, "PROBLEM: disk full on db-1")
    assert Alert.objects.filter(summary="PROBLEM: disk full on db-1").count() == 1
    assert account().amiss == ()


def answered(client: smtplib.SMTP, address: str, content: bytes) -> int | None:
    """The code by which the letter was refused; None when it was taken."""
    try:
        client.sendmail("nagios@db-1.example.com", [address], content)
    except smtplib.SMTPDataError as refused:
        return int(refused.smtp_code)
    return None
