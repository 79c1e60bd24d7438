"""A mailbox is read letter by letter: first kept, then marked; a bad one keeps no other waiting."""

import contextlib
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from fakes.certificate import server_context
from fakes.imap import ImapServer
from muster.adapters.egress import Egress
from muster.adapters.mailboxes.imap.box import LARGEST_BYTES, Box
from muster.adapters.mailboxes.imap.reader import TRIES, NotNow, Pace, Reader, problem
from muster.adapters.peers import Allowed
from muster.core.letters import HEADERS_LIMIT_BYTES, Aside
from muster.core.reply import Reply, ReplyAnswer

OURS = "alerts=alerts@in.example.com&to=ack@in.example.com"
LOOPBACK = Allowed.parse("127.0.0.0/8")


class Notes:
    """Takes what comes, and notes it. `keys` are somebody's; `act` may refuse."""

    def __init__(self) -> None:
        self.alerts: list[tuple[str, bytes, str]] = []
        self.replies: list[Reply] = []
        self.aside: list[Aside] = []
        self.told: list[str | None] = []
        self.keys = {"k1", "k2"}
        self.act: Callable[[bytes], None] = lambda content: None

    def alert(self, key: str, content: bytes, arrived: str) -> bool:
        self.act(content)
        if key in self.keys:
            self.alerts.append((key, content, arrived))
        return key in self.keys

    def reply(self, reply: Reply) -> ReplyAnswer:
        self.replies.append(reply)
        return ReplyAnswer.ACKNOWLEDGED

    def set_aside(self, box: str, why: Aside) -> None:
        assert box == "INBOX at 127.0.0.1"
        self.aside.append(why)

    def unreachable(self, box: str, why: str) -> None:
        self.told.append(why)

    def reachable(self, box: str) -> None:
        self.told.append(None)

    @property
    def subjects(self) -> list[str]:
        """What alerts came, in order."""
        return [content.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for _, content, _ in self.alerts]


def letter(subject: str, to: str = "alerts+k1@in.example.com", **headers: str) -> EmailMessage:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = "nas@example.com", to, subject
    for name, value in headers.items():
        said[name.replace("_", "-")] = value
    said.set_content("97 % of /var is used.")
    return said


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def box() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@contextlib.contextmanager
def read(server: ImapServer, notes: Notes, *, egress: Egress | None = None, **pace: Any) -> Iterator[None]:
    """Read the server's box meanwhile, in a hurry."""
    hurry = Pace(**{"first_pause_s": 0.05, "longest_pause_s": 0.2} | pace)
    started = Reader(Box.parse(server.url(OURS)), egress or Egress(LOOPBACK), notes, hurry)
    started.start()
    try:
        yield
    finally:
        started.stop()


def trusting(pem: str) -> Egress:
    return Egress(LOOPBACK, tls_context=ssl.create_default_context(cadata=pem))


def test_letters_are_kept_in_order_and_marked_as_read(box: ImapServer, notes: Notes) -> None:
    """Those that are there, and those that come while we wait; each is fetched once, and none is deleted."""
    first, second = box.deliver(letter("Disk full")), box.deliver(letter("Disk fuller"))
    with read(box, notes):
        box.wait_until_read(first, second)
        box.wait_for(lambda: "IDLE" in box.heard)
        third = box.deliver(letter("RESOLVED: disk"))
        box.wait_until_read(third)
    assert notes.subjects == ["Disk full", "Disk fuller", "RESOLVED: disk"]
    assert notes.alerts[0][2] == "29-Nov-2026 01:02:03 +0000"
    assert box.fetched == [first, second, third]
    assert all(one.flags == {"\\Seen"} for one in box.letters.values())
    assert box.sign_ins == 1


def test_where_the_server_tells_of_no_news_it_is_asked(box: ImapServer, notes: Notes) -> None:
    box.faults.waits = False
    with read(box, notes, news_s=0.1):
        box.wait_for(lambda: "NOOP" in box.heard)
        box.wait_until_read(box.deliver(letter("Disk full")))
    assert "IDLE" not in box.heard
    assert notes.subjects == ["Disk full"]


def test_a_letter_is_marked_only_once_it_is_kept(box: ImapServer, notes: Notes) -> None:
    """While nothing can be stored it waits, and so do those behind it; it is no fault of theirs."""
    away = [True]

    def refuse(_: bytes) -> None:
        if away[0]:
            raise NotNow

    notes.act = refuse
    first, second = box.deliver(letter("First")), box.deliver(letter("Second"))
    with read(box, notes):
        box.wait_for(lambda: len(box.fetched) > 2 * TRIES)
        assert not any(one.is_seen for one in box.letters.values())
        away.clear()
        away.append(False)
        box.wait_until_read(first, second)
    assert (notes.subjects, notes.aside) == (["First", "Second"], [])


def test_what_cannot_be_marked_is_handed_over_again(box: ImapServer, notes: Notes) -> None:
    """The connection goes between the two: whoever keeps it must know it again, and gets the same to know."""
    box.faults.drops_at_store = True
    uid = box.deliver(letter("Disk full"))
    with read(box, notes):
        box.wait_for(lambda: len(notes.alerts) >= 2)
        box.faults.drops_at_store = False
        box.wait_until_read(uid)
    assert len(set(notes.alerts)) == 1


def test_a_server_that_forgets_marks_is_not_asked_in_circles(box: ImapServer, notes: Notes) -> None:
    box.faults.forgets_store = True
    box.deliver(letter("Disk full"))
    with read(box, notes, news_s=0.05):
        box.wait_for(lambda: box.heard.count("UID SEARCH") > 10)
    assert notes.subjects == ["Disk full"]


@pytest.mark.parametrize("how", ["raises", "drops", "floods"])
def test_a_letter_that_fails_again_and_again_is_set_aside_and_blocks_no_other(
    box: ImapServer, notes: Notes, how: str
) -> None:
    """Whether it is we who stumble over it, or the connection that ends with it, or the letter never ends."""

    def stumble(content: bytes) -> None:
        if b"Poison" in content:
            raise RecursionError

    notes.act = stumble
    poison, good = box.deliver(letter("Poison")), box.deliver(letter("Good"))
    box.faults.drops = {poison} if how == "drops" else set()
    box.faults.floods = {poison} if how == "floods" else set()
    with read(box, notes, news_s=0.05, breaks_s=0.0):
        box.wait_until_read(poison, good)
    assert notes.subjects == ["Good"]
    assert notes.aside == [Aside.FAILED]
    assert box.fetched.count(poison) == TRIES
    assert box.letters[poison].flags == {"\\Seen", "\\Flagged"}
    assert box.letters[good].flags == {"\\Seen"}


def test_a_connection_that_ends_again_and_again_is_not_its_letters_fault(
    box: ImapServer, notes: Notes
) -> None:
    """For some minutes; meanwhile others, and those that come later, are read first."""
    slow, good = box.deliver(letter("Slow")), box.deliver(letter("Good"))
    box.faults.drops = {slow}
    with read(box, notes):
        box.wait_for(lambda: box.fetched.count(slow) > 2 * TRIES)
        box.wait_until_read(good, box.deliver(letter("Later")))
        assert not box.letters[slow].is_seen
        box.faults.drops = set()
        box.wait_until_read(slow)
    assert (notes.subjects, notes.aside) == (["Good", "Later", "Slow"], [])


def test_where_no_letter_comes_none_of_them_is_set_aside(box: ImapServer, notes: Notes) -> None:
    """However long: it is the server that is ill."""
    uids = [box.deliver(letter(f"Disk {n}")) for n in range(2)]
    box.faults.drops = set(uids)
    with read(box, notes, breaks_s=0.0):
        box.wait_for(lambda: min(box.fetched.count(uid) for uid in uids) > TRIES)
        box.faults.drops = set()
        box.wait_until_read(*uids)
    assert (sorted(notes.subjects), notes.aside) == (["Disk 0", "Disk 1"], [])


@pytest.mark.parametrize("to", ["alerts@in.example.com", "alerts+k9@in.example.com", "ops@example.com"])
def test_a_letter_that_is_nobodys_is_set_aside_for_people(box: ImapServer, notes: Notes, to: str) -> None:
    uid = box.deliver(letter("Hello", to))
    with read(box, notes):
        box.wait_until_read(uid)
    assert (notes.alerts, notes.aside) == ([], [Aside.ASTRAY])
    assert box.letters[uid].flags == {"\\Seen", "\\Flagged"}


def test_a_letter_to_two_integrations_is_for_both(box: ImapServer, notes: Notes) -> None:
    uid = box.deliver(letter("Disk full", "alerts+k1@in.example.com, alerts+k2@in.example.com"))
    with read(box, notes):
        box.wait_until_read(uid)
    assert [key for key, _, _ in notes.alerts] == ["k1", "k2"]


def test_a_large_letter_is_read_from_its_beginning(box: ImapServer, notes: Notes) -> None:
    """What is behind would not be kept anyway."""
    large = letter("Disk full")
    large.add_attachment(b"x" * (2 * LARGEST_BYTES), maintype="image", subtype="png", filename="graph.png")
    uid = box.deliver(large)
    with read(box, notes):
        box.wait_until_read(uid)
    [(_, content, _)] = notes.alerts
    assert len(content) == LARGEST_BYTES
    assert b"97 % of /var is used." in content


def test_headers_beyond_all_measure_are_not_read(box: ImapServer, notes: Notes) -> None:
    said = letter("Disk full", X_Junk="x")
    content = said.as_bytes().replace(b"X-Junk: x", b"X-Junk: " + b" y\n" * HEADERS_LIMIT_BYTES)
    uid = box.deliver(content)
    with read(box, notes):
        box.wait_until_read(uid)
    assert (notes.alerts, notes.aside) == ([], [Aside.HEADERS_TOO_LARGE])


def test_a_reply_to_a_page_comes_in_as_well(box: ImapServer, notes: Notes) -> None:
    """From whom it came says its Return-Path; a machine's report has none."""
    written = letter("Re: Disk full", "ack+7.abc@in.example.com", Return_Path="<nas@example.com>")
    report = letter("Re: Disk full", "ack+8.abc@in.example.com", Return_Path="<>")
    uids = [box.deliver(one) for one in (written, report)]
    with read(box, notes):
        box.wait_until_read(*uids)
    said = [(one.token, one.senders, one.automatic) for one in notes.replies]
    assert said == [("7.abc", ("nas@example.com",), False), ("8.abc", ("nas@example.com",), True)]
    assert notes.aside == []


def test_a_connection_that_ends_is_made_again(box: ImapServer, notes: Notes) -> None:
    with read(box, notes):
        for n in range(3):
            box.wait_for(lambda n=n: box.heard.count("IDLE") > n)  # type: ignore[misc]
            box.drop_everybody()
            box.wait_until_read(box.deliver(letter(f"Disk {n}")))
    assert notes.subjects == ["Disk 0", "Disk 1", "Disk 2"]
    assert box.sign_ins >= 3


def test_people_are_told_of_a_box_that_is_not_read_and_of_its_return(box: ImapServer, notes: Notes) -> None:
    """Once each; and at the beginning, since nobody knows what was told before."""
    with read(box, notes, unreachable_after_s=0.1):
        box.wait_for(lambda: notes.told == [None])
        box.faults.refuses_store = True
        box.deliver(letter("Disk full"))
        box.wait_for(lambda: len(notes.told) == 2)
        box.faults.refuses_store = False
        box.wait_for(lambda: len(notes.told) == 3)
    assert notes.told == [None, "letters cannot be marked as read there", None]


def test_one_that_stops_while_the_server_hangs_does_not_wait_for_it(box: ImapServer, notes: Notes) -> None:
    box.faults.hangs_in_fetch = True
    box.deliver(letter("Disk full"))
    with read(box, notes):
        box.wait_for(lambda: box.fetched != [])
        began = time.monotonic()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("how", ["tls", "starttls"])
def test_by_tls_the_password_goes_to_a_server_whose_certificate_is_trusted(notes: Notes, how: str) -> None:
    context, trusted = server_context()
    with ImapServer(**{how: context}) as box:
        uid = box.deliver(letter("Disk full"))
        assert problem(Box.parse(box.url(OURS)), trusting(trusted)) is None
        with read(box, notes, egress=trusting(trusted)):
            box.wait_until_read(uid)
    assert notes.subjects == ["Disk full"]


@pytest.mark.parametrize("how", ["tls", "starttls"])
@pytest.mark.parametrize("wrong", ["unknown", "expired", "another"])
def test_by_tls_nobody_else_hears_the_password(notes: Notes, how: str, wrong: str) -> None:
    host = "mail.example.com" if wrong == "another" else "127.0.0.1"
    context, pem = server_context(host=host, days=-1 if wrong == "expired" else 1)
    with ImapServer(**{how: context}) as box:
        ours = Egress(LOOPBACK) if wrong == "unknown" else trusting(pem)
        why = problem(Box.parse(box.url(OURS)), ours)
    assert why is not None
    assert why.startswith("its certificate is not trusted: ")
    assert box.sign_ins == 0


def test_a_server_without_tls_hears_no_password_where_tls_was_asked_for(box: ImapServer) -> None:
    asked = Box.parse(box.url(OURS).replace("imap://", "imap+starttls://"))
    assert problem(asked, Egress(LOOPBACK)) == "it offers no STARTTLS: write imaps://"
    assert box.sign_ins == 0


def test_a_private_address_that_is_not_listed_is_not_connected_to(box: ImapServer) -> None:
    why = problem(Box.parse(box.url(OURS)), Egress(Allowed()))
    assert why == "connections to its address are not allowed (MUSTER_ALLOW_PRIVATE_TARGETS)"
    assert box.heard == []


@pytest.mark.parametrize(
    ("faults", "url", "why"),
    [
        ({}, {"password": "wrong"}, "it refuses the user or the password"),
        ({"says_plain": False}, {"password": "wrong"}, "it refuses the user or the password"),
        ({}, {"folder": "Alerts"}, "it has no folder Alerts"),
        ({"read_only": True}, {}, "INBOX may be read there but not changed"),
    ],
)
def test_what_is_wrong_with_a_box_is_said_and_nothing_in_it_changed(
    box: ImapServer, faults: dict[str, bool], url: dict[str, str], why: str
) -> None:
    vars(box.faults).update(faults)
    box.deliver(letter("Disk full"))
    assert problem(Box.parse(box.url(OURS, **url)), Egress(LOOPBACK)) == why
    assert (box.fetched, box.letters[1].flags) == ([], set())


@pytest.mark.parametrize("says_plain", [True, False])
@pytest.mark.parametrize("code", ["UNAVAILABLE", "limit", "INUSE", "SERVERBUG"])
def test_a_server_that_is_busy_refuses_no_password(
    box: ImapServer, notes: Notes, code: str, says_plain: bool
) -> None:
    """So it is asked again soon, and not as late as after a wrong password."""
    box.faults.says_plain, box.faults.refuses_sign_in = says_plain, code
    asked = Box.parse(box.url(OURS, password="plain"))
    box.password = "plain"
    assert problem(asked, Egress(LOOPBACK)) == "it lets nobody sign in at the moment"
    with read(box, notes):
        box.wait_for(lambda: box.sign_ins > 2)
        box.faults.refuses_sign_in = ""
        box.wait_until_read(box.deliver(letter("Disk full")))


def test_nobody_there_is_said() -> None:
    with ImapServer() as gone:
        url = gone.url(OURS)
    assert problem(Box.parse(url), Egress(LOOPBACK)) == "nobody listens there"


def test_a_plain_password_serves_where_the_server_knows_login_alone(notes: Notes) -> None:
    with ImapServer(password='p"a\\ss') as box:
        box.faults.says_plain = False
        with read(box, notes):
            box.wait_until_read(box.deliver(letter("Disk full")))
    assert "LOGIN" in box.heard


def test_the_password_stands_in_no_log_and_no_text(
    box: ImapServer, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither where it is refused, nor where the connection ends, nor in what we show of ourselves."""
    caplog.set_level(logging.DEBUG)
    secret = "s3cret-of-ours"
    asked = Box.parse(box.url(OURS, password=secret))
    assert secret not in repr(asked)
    refused = Reader(asked, Egress(LOOPBACK), notes, Pace(refused_pause_s=0.05))
    refused.start()
    box.wait_for(lambda: box.sign_ins > 2)
    refused.stop()
    box.password = secret
    with read(box, notes):
        box.wait_for(lambda: "IDLE" in box.heard)
        box.drop_everybody()
        box.wait_for(lambda: box.heard.count("IDLE") > 1)
    assert "refuses the user or the password" in caplog.text
    assert secret not in caplog.text
