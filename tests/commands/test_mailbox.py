"""A mailbox that is read: each letter becomes one signal, whatever happens between keeping and marking it."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import psycopg
import pytest
from django.db import InterfaceError, OperationalError
from django.test import override_settings

from calling import Call, answer
from database import Clock, Database
from engine import settle
from fakes.imap import ImapServer
from fakes.smtp import SmtpServer
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.egress import Egress
from muster.adapters.mailboxes.imap.box import Box
from muster.adapters.mailboxes.imap.reader import NotNow, Pace, Reader
from muster.adapters.peers import Allowed
from muster.adapters.sources.email.letter import letter_of
from muster.config.mail_in import Hands, storing
from muster.core.letters import HEADERS_LIMIT_BYTES, letter_mark
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.core.reply import address_with
from muster.detect import commands
from muster.detect.letters import clear_unreachable_box, take_letter, tell_unreachable_box
from muster.detect.models import Alert, Letter, Signal
from muster.detect.signal_days import forget_old_letters
from muster.foundation.access.queries import now
from muster.foundation.catalog.models import Service
from muster.mobilize.paging.due import Sender
from muster.mobilize.paging.models import Page
from people import Cast

TESTS = system("tests")
MAILBOX, REPLIES = "alerts@in.example.com", "ack@in.example.com"
LOOPBACK = Allowed.parse("127.0.0.0/8")
HURRY = Pace(news_s=0.1, first_pause_s=0.05, longest_pause_s=0.2, unreachable_after_s=0.1)


@pytest.fixture
def letters(key: str) -> str:
    """The key of an integration of service checkout that takes letters."""
    service = Service.objects.get(handle="checkout")
    given = {"handle": "letters", "kind": "email", "service_id": service.pk}
    return commands.add_integration(actor=TESTS, at=now(), **given)[1]


@pytest.fixture
def address(letters: str) -> str:
    """Where its letters go."""
    return address_with(letters, MAILBOX)


@pytest.fixture
def box() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@pytest.fixture
def reader(box: ImapServer) -> Iterator[Reader]:
    """What a worker runs, in a hurry."""
    made = reads(box)
    made.start()
    yield made
    made.stop()


def reads(box: ImapServer, hands: Hands | None = None) -> Reader:
    asked = Box.parse(box.url(f"alerts={MAILBOX}&to={REPLIES}"))
    return Reader(asked, Egress(LOOPBACK), hands or Hands(), HURRY)


def letter(to: str, subject: str, **headers: str) -> EmailMessage:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = "nagios@db-1.example.com", to, subject
    for name, value in headers.items():
        said[name.replace("_", "-")] = value
    said.set_content("97 % of /var is used.")
    return said


def known(to: str, subject: str, number: int) -> EmailMessage:
    """A letter with an id of its own, as mail servers write one."""
    return letter(to, subject, Message_ID=f"<{number}@db-1>", Date="Sun, 29 Nov 2026 01:00:00 +0000")


def test_letters_open_join_and_end_an_alert(box: ImapServer, reader: Reader, address: str) -> None:
    subjects = ("PROBLEM: disk full", "Re: PROBLEM: disk full", "RECOVERY: disk full")
    uids = [box.deliver(known(address, subject, n)) for n, subject in enumerate(subjects)]
    box.wait_until_read(*uids)
    [alert] = Alert.objects.all()
    assert (alert.service.handle, alert.count, alert.state) == ("checkout", 2, "resolved")
    rows = Signal.objects.order_by("id")
    assert [row.disposition for row in rows] == ["opened", "merged", "resolved"]


@pytest.mark.parametrize("number", [1, None])
def test_a_letter_that_was_kept_and_not_marked_makes_one_signal(
    box: ImapServer, reader: Reader, address: str, number: int | None
) -> None:
    """Read twice; known by its Message-ID, or by when its mailbox got it."""
    box.faults.drops_at_store = True
    said = letter(address, "Disk full") if number is None else known(address, "Disk full", number)
    uid = box.deliver(said)
    box.wait_for(lambda: box.fetched.count(uid) >= 2)
    box.faults.drops_at_store = False
    box.wait_until_read(uid)
    assert Signal.objects.count() == 1
    assert Alert.objects.exclude(dedup_scope="meta").get().count == 1


def test_two_copies_of_a_letter_make_one_signal_and_two_letters_two(
    box: ImapServer, reader: Reader, address: str
) -> None:
    """To a list and to the address; and by SMTP and into the mailbox."""
    said = known(address, "Disk full", 1)
    copy = b"Received: by another way\r\nDelivered-To: " + address.encode() + b"\r\n" + said.as_bytes()
    box.wait_until_read(box.deliver(said), box.deliver(copy))
    key = address.partition("+")[2].partition("@")[0]
    assert take_letter(key, letter_of(said.as_bytes()))
    assert Signal.objects.count() == 1
    box.wait_until_read(box.deliver(known(address, "Disk full", 2)))
    assert Alert.objects.get().count == 2


def test_two_workers_that_read_the_same_box_make_one_signal_of_each_letter(
    box: ImapServer, address: str
) -> None:
    uids = [box.deliver(known(address, f"Disk {n % 5} full", n)) for n in range(20)]
    both = [reads(box), reads(box)]
    for one in both:
        one.start()
    box.wait_until_read(*uids)
    for one in both:
        one.stop()
    assert Signal.objects.count() == 20
    assert sum(Alert.objects.values_list("count", flat=True)) == 20


def test_two_that_keep_the_same_letter_at_the_same_moment_keep_it_once(letters: str) -> None:
    said = letter_of(known(address_with(letters, MAILBOX), "Disk full", 1).as_bytes())
    threads = [threading.Thread(target=take_letter, args=(letters, said)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Signal.objects.count(), Alert.objects.get().count) == (1, 1)


@pytest.mark.parametrize("headers", [{}, {"Message_ID": "<1@nas>"}])
def test_by_smtp_what_has_no_id_or_date_counts_each_time(letters: str, headers: dict[str, str]) -> None:
    """There is nothing to know it by: a device may say the same twice, with one id for all its letters."""
    said = letter_of(letter(address_with(letters, MAILBOX), "Disk full", **headers).as_bytes())
    assert take_letter(letters, said)
    assert take_letter(letters, said)
    assert Alert.objects.get().count == 2
    assert not Letter.objects.exists()


def test_a_letter_whose_keeping_ends_in_a_deadlock_is_kept_in_the_second_attempt(
    letters: str, database: Database
) -> None:
    """Somebody has the alert, and then waits for the letter: the letter, which waited first, gives way."""
    first, second = (
        letter_of(known(address_with(letters, MAILBOX), "Disk full", n).as_bytes()) for n in (1, 2)
    )
    take_letter(letters, first)
    taken: list[bool] = []
    thread = threading.Thread(target=lambda: taken.append(take_letter(letters, second)))
    with (
        psycopg.connect(database.owner_url) as other,
        psycopg.connect(database.owner_url, autocommit=True) as watcher,
    ):
        other.execute("SET deadlock_timeout = '5s'")
        other.execute("SELECT FROM detect_alert FOR UPDATE")
        thread.start()
        until = time.monotonic() + 10
        while watcher.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() is None:
            assert time.monotonic() < until
        mark = letter_mark(commands.key_hash(letters), second, "")
        with contextlib.suppress(psycopg.errors.DeadlockDetected):  # on a machine so slow that it gives way
            other.execute("INSERT INTO detect_letter (mark, taken_at) VALUES (%s, now())", [mark])
        other.rollback()
    thread.join(20)
    assert taken == [True]
    assert (Alert.objects.get().count, Letter.objects.count()) == (2, 2)


class Away(Hands):
    """The database is away for a while."""

    def __init__(self) -> None:
        self.asked = 0

    def alert(self, key: str, content: bytes, arrived: str) -> bool:
        self.asked += 1
        if self.asked < 4:
            raise NotNow
        return super().alert(key, content, arrived)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_nobodys_fault(error: type[Exception]) -> None:
    with pytest.raises(NotNow), storing():
        raise error("away")


def test_while_nothing_can_be_stored_letters_wait(box: ImapServer, address: str) -> None:
    uids = [box.deliver(known(address, "Disk full", 1)), box.deliver(known(address, "Net down", 2))]
    reader = reads(box, Away())
    reader.start()
    box.wait_until_read(*uids)
    reader.stop()
    assert [row.summary for row in Alert.objects.order_by("id")] == ["Disk full", "Net down"]


def test_a_letter_that_says_nothing_is_kept_and_told(box: ImapServer, reader: Reader, address: str) -> None:
    box.wait_until_read(box.deliver(known(address, "", 1).as_bytes().replace(b"97 % of /var is used.", b"")))
    [row] = Signal.objects.all()
    assert (row.disposition, row.reason) == ("unreadable", "not_understood")
    assert Alert.objects.get().summary.startswith("letters sent what cannot be read")


def test_a_letter_that_is_nobodys_is_told_and_those_after_it_counted(
    box: ImapServer, reader: Reader, cast: Cast
) -> None:
    """One alert of our own, however many such letters come."""
    uids = [box.deliver(known("alerts+nobody@in.example.com", "Buy!", n)) for n in range(3)]
    box.wait_until_read(*uids)
    alert = Alert.objects.get()
    assert (alert.dedup_scope, alert.count) == ("meta", 3)
    assert alert.last_seen_at > alert.opened_at
    assert alert.summary.startswith("A letter in INBOX at 127.0.0.1 was set aside: it is written to no")
    assert all("\\Flagged" in box.letters[uid].flags for uid in uids)
    assert not Signal.objects.exists()


def test_a_letter_that_is_set_aside_for_another_reason_is_told_too(
    box: ImapServer, reader: Reader, cast: Cast, address: str
) -> None:
    """A letter astray says nothing of one that could not be taken."""
    uids = [box.deliver(known("alerts+nobody@in.example.com", "Buy!", n)) for n in range(2)]
    large = known(address, "Disk full", 3).as_bytes()
    uids.append(box.deliver(large.replace(b"Message-ID", b"X-Junk: " + b" y\n" * HEADERS_LIMIT_BYTES + b"M")))
    box.wait_until_read(*uids)
    told = Alert.objects.order_by("id")
    assert [(row.labels["about"], row.count) for row in told] == [
        ("INBOX at 127.0.0.1: astray", 2),
        ("INBOX at 127.0.0.1: headers_too_large", 1),
    ]


def test_a_box_that_is_not_read_is_told_until_it_is(box: ImapServer, cast: Cast) -> None:
    box.faults.read_only = True
    wrong = reads(box)
    wrong.start()
    box.wait_for(lambda: Alert.objects.exists())
    alert = Alert.objects.get()
    assert alert.summary == (
        "Letters do not come in from INBOX at 127.0.0.1: INBOX may be read there but not changed"
    )
    box.faults.read_only = False
    box.wait_for(lambda: Alert.objects.get().state == "resolved")
    wrong.stop()


def test_what_was_told_of_a_box_by_another_process_ends_too(cast: Cast) -> None:
    for _ in range(2):
        tell_unreachable_box("INBOX at mail.example.com", "it does not answer in time")
    assert Alert.objects.get().state == "triggered"
    clear_unreachable_box("INBOX at mail.example.com")
    clear_unreachable_box("INBOX at mail.example.com")
    assert Alert.objects.get().state == "resolved"


def test_letters_are_known_for_a_month(letters: str, clock: Clock) -> None:
    said = letter_of(known(address_with(letters, MAILBOX), "Disk full", 1).as_bytes())
    take_letter(letters, said)
    clock.advance(timedelta(days=29))
    assert forget_old_letters() == 0
    clock.advance(timedelta(days=2))
    assert forget_old_letters() == 1


def test_a_reply_to_a_page_acknowledges_it(box: ImapServer, cast: Cast, reach, call: Call) -> None:
    with SmtpServer() as smtp, override_settings(REPLY_MAILBOX=REPLIES, BASE_URL="https://m.example.com"):
        reach("ana")
        answer(call("POST", "/pages", {"target": "person:ana", "summary": "Checkout is down"}), 201)
        settle()
        channel = EmailChannel(Egress(LOOPBACK), Server.parse(smtp.url), seconds=5)
        Sender("email", Channels({"email": channel})).run(now())
        to = str(smtp.wait_for(1)[0].message["Reply-To"].addresses[0].addr_spec)
    reader = reads(box)
    reader.start()
    said = letter(to, "Re: Checkout is down", Return_Path="<ana@example.com>")
    said.replace_header("From", "Ana <ana@example.com>")
    box.wait_until_read(box.deliver(said))
    reader.stop()
    assert Page.objects.get().acknowledged_at is not None
