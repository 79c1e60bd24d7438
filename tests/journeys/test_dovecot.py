"""Debian's Dovecot as the server of a mailbox: letters that are delivered there become alerts, each once."""

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from fakes.certificate import pair
from journeys.alertmanager import free_port
from muster.adapters.egress import Egress
from muster.adapters.mailboxes.imap.box import Box
from muster.adapters.mailboxes.imap.reader import Pace, Reader, problem
from muster.adapters.peers import Allowed
from muster.config.mail_in import Hands
from muster.core.permissions import system
from muster.core.reply import address_with
from muster.detect import commands
from muster.detect.models import Alert, Signal
from muster.foundation.access.queries import now
from muster.foundation.catalog.models import Service

pytestmark = pytest.mark.peers
DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
MAILBOX, USER, PASSWORD = "alerts@in.example.com", "muster", "wörd of ours"
CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/log
state_dir = {folder}/state
default_internal_user = {owner}
default_login_user = {owner}
default_internal_group = {group}
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
mail_location = maildir:{folder}/mail
first_valid_uid = 1
first_valid_gid = 0
mail_uid = {owner}
mail_gid = {group}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail
}}
"""


@dataclass
class Dovecot:
    """A running server with one account."""

    folder: Path
    tls: int
    plain: int

    def url(self, scheme: str) -> str:
        """For `MUSTER_MAIL_IN`."""
        port = self.tls if scheme == "imaps" else self.plain
        return f"{scheme}://{USER}:w%C3%B6rd%20of%20ours@127.0.0.1:{port}/?alerts={MAILBOX}"

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "cert.pem"))

    @contextlib.contextmanager
    def client(self) -> Iterator[imaplib.IMAP4_SSL]:
        """Somebody with a mail program."""
        with imaplib.IMAP4_SSL("127.0.0.1", self.tls, ssl_context=self.trust) as found:
            found.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield found

    def deliver(self, letter: EmailMessage) -> None:
        """A letter arrives."""
        with self.client() as client:
            assert client.append("INBOX", None, None, letter.as_bytes())[0] == "OK"  # type: ignore[arg-type]

    def flags(self) -> list[str]:
        """The flags of all letters, in order."""
        with self.client() as client:
            client.select("INBOX", readonly=True)
            _, found = client.uid("FETCH", "1:*", "(FLAGS)")
        return [line.decode().partition("FLAGS (")[2].partition(")")[0] for line in found if line]


@pytest.fixture(scope="module")
def dovecot(scratch: Path) -> Iterator[Dovecot]:
    version = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3"):
        pytest.skip(f"Dovecot {version.strip()} is configured in another way than 2.3, which is Debian 12's")
    folder = scratch / "dovecot"
    folder.mkdir()
    certificate, key = pair()
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    owner, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    if os.geteuid() == 0:
        owner, group = "nobody", "nogroup"
        shutil.chown(folder, owner, group)
    server = Dovecot(folder, free_port(), free_port())
    names = {"folder": folder, "owner": owner, "group": group, "plain": server.plain, "tls": server.tls}
    (folder / "dovecot.conf").write_text(CONFIG.format(**names))
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "dovecot.conf")])
    try:
        _ready(server)
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _ready(server: Dovecot) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            with server.client():
                return
        except (OSError, imaplib.IMAP4.error):
            log = server.folder / "log"
            assert time.monotonic() < until, log.read_text() if log.exists() else "dovecot does not answer"
            time.sleep(0.1)


@pytest.fixture
def address(key: str) -> str:
    """Where letters to an integration of service checkout go."""
    service = Service.objects.get(handle="checkout")
    given = {"handle": "letters", "kind": "email", "service_id": service.pk}
    _, made = commands.add_integration(actor=system("tests"), at=now(), **given)
    return address_with(made, MAILBOX)


def letter(to: str, subject: str, number: int) -> EmailMessage:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = "nagios@db-1.example.com", to, subject
    said["Message-ID"], said["Date"] = f"<{number}@db-1>", "Sun, 29 Nov 2026 01:00:00 +0000"
    said.set_content("97 % of /var is used: ünï")
    return said


def until_true(true: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_letters_in_a_mailbox_open_and_end_an_alert(dovecot: Dovecot, address: str, scheme: str) -> None:
    """Those that lie there, and those that come while we wait for news (IDLE), which is at once."""
    before = len(dovecot.flags())
    box, egress = (
        Box.parse(dovecot.url(scheme)),
        Egress(Allowed.parse("127.0.0.0/8"), tls_context=dovecot.trust),
    )
    assert problem(box, egress) is None
    dovecot.deliver(letter(address, "PROBLEM: disk full", 1))
    reader = Reader(box, egress, Hands(), Pace(news_s=60))
    reader.start()
    try:
        until_true(lambda: Alert.objects.filter(state="triggered").exists())
        assert "ünï" in Alert.objects.get().description
        until_true(lambda: dovecot.flags()[before:] == ["\\Seen"])
        time.sleep(0.5)  # it waits for news by now
        began = time.monotonic()
        dovecot.deliver(letter(address, "RECOVERY: disk full", 2))
        dovecot.deliver(letter("alerts+nobody@in.example.com", "Buy!", 3))
        until_true(lambda: Alert.objects.filter(state="resolved").exists())
        assert time.monotonic() - began < 10
        until_true(
            lambda: (
                [set(one.split()) for one in dovecot.flags()[before + 1 :]]
                == [
                    {"\\Seen"},
                    {"\\Seen", "\\Flagged"},
                ]
            )
        )
    finally:
        reader.stop()
    assert Signal.objects.count() == 2


def test_a_wrong_password_is_said(dovecot: Dovecot) -> None:
    egress = Egress(Allowed.parse("127.0.0.0/8"), tls_context=dovecot.trust)
    wrong = Box.parse(dovecot.url("imaps").replace("of%20ours", "of%20others"))
    assert problem(wrong, egress) == "it refuses the user or the password"
    stranger = Egress(Allowed.parse("127.0.0.0/8"))
    why = problem(Box.parse(dovecot.url("imaps")), stranger)
    assert why is not None
    assert why.startswith("its certificate is not trusted")
