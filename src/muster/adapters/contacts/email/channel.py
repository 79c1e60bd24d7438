"""Pages as e-mail: handed to one SMTP server, and done only when it has said 250 to the whole letter (V7)."""

import contextlib
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from smtplib import quoteaddr
from typing import TypeVar

from muster.adapters.breaker import Resting
from muster.adapters.contacts.email.form import FORM
from muster.adapters.contacts.email.letter import letter
from muster.adapters.contacts.email.server import Security, SmtpServer
from muster.adapters.deadline import Deadlines
from muster.adapters.egress import Egress
from muster.adapters.outside import Outside
from muster.adapters.peers import EgressRefused
from muster.core.ports.contact import Contact, SendFailed, Sent
from muster.core.ports.contact_form import ContactForm, Failure, FailureReason, Message, email_problem

IDLE_SECONDS = 20
FRESH_SECONDS = 1
LETTERS_PER_CONNECTION = 100
_DEADLINES = Deadlines()
_FIRST_DOTS = re.compile(rb"^\.", re.MULTILINE)

T = TypeVar("T")


class _Stale(Exception):
    """A kept connection that the server has ended; nothing of the letter itself was said on it."""


class _MailboxNotSupported(smtplib.SMTPException):
    """The mailbox needs SMTPUTF8, and the server does not offer it."""


class _Client(smtplib.SMTP):
    """smtplib over a socket that the egress guard opened, and by TLS from the first byte where asked."""

    def __init__(self, egress: Egress, server: SmtpServer, seconds: float) -> None:
        self._egress = egress
        self._server = server
        self._raw: socket.socket | None = None
        # Its own look-up of this machine's name may take seconds.
        super().__init__(local_hostname=server.sender.rpartition("@")[2], timeout=seconds)

    def open(self) -> None:
        """Connect, protect and sign in. Raises what smtplib, ssl and the guard raise."""
        self.connect(self._server.host, self._server.port)
        self.ehlo_or_helo_if_needed()
        if self._server.security is Security.STARTTLS:
            self.starttls(context=self._egress.tls_context)
            self.ehlo()
        if self._server.user:
            self.login(self._server.user, self._server.password)

    def envelope(self, sender: str, recipient: str, options: str) -> Iterator[tuple[int, bytes]]:
        """Say MAIL, RCPT and DATA; the answer of each in turn.

        All three at once where the server offers it (RFC 2920), which spares two journeys to it and back;
        elsewhere each is said when the answer before it is asked past.
        """
        said = (f"MAIL FROM:{quoteaddr(sender)}{options}", f"RCPT TO:{quoteaddr(recipient)}", "DATA")
        if not self.has_extn("pipelining"):
            yield from map(self.docmd, said)
            return
        self.send("".join(f"{command}\r\n" for command in said))
        for _ in said:
            yield self.getreply()

    def content(self, letter: bytes) -> tuple[int, bytes]:
        """Say the letter, once DATA is answered; the server's last word about it."""
        self.send(_FIRST_DOTS.sub(b"..", letter) + (b".\r\n" if letter.endswith(b"\r\n") else b"\r\n.\r\n"))
        return self.getreply()

    def cut(self) -> None:
        """End every wait on this connection, from another thread."""
        with contextlib.suppress(OSError):
            if self.sock is not None:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            elif self._raw is not None:
                socket.socket.shutdown(self._raw, socket.SHUT_RDWR)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # what starttls verifies the certificate against
        self._raw = self._egress.connect(host, port, seconds=timeout)
        if self._server.security is not Security.TLS:
            return self._raw
        wrapped = self._egress.tls_context.wrap_socket(
            self._raw, server_hostname=host, do_handshake_on_connect=False
        )
        self._raw = wrapped
        wrapped.do_handshake()
        return wrapped


@dataclass(slots=True)
class _Held:
    """A connection that its thread keeps for the next letter."""

    client: _Client
    used_at: float
    letters: int = 0

    @property
    def fresh(self) -> bool:
        """Used a moment ago: whoever ended it since is met at the first word, and asked anew."""
        return time.monotonic() - self.used_at < FRESH_SECONDS

    @property
    def usable(self) -> bool:
        """Whether it may serve once more."""
        young = time.monotonic() - self.used_at < IDLE_SECONDS
        return young and self.letters < LETTERS_PER_CONNECTION and self.client.sock is not None


class EmailChannel:
    """Sends each page as one letter. Each thread keeps its own connection. Safe to call from several threads.

    Without a server every send fails at once, with that reason (design section 13).
    """

    form: ContactForm = FORM

    def __init__(self, egress: Egress, server: SmtpServer | None, *, seconds: float = 15) -> None:
        self._egress = egress
        self._server = server
        self._seconds = seconds
        self._local = threading.local()

    def send(self, contact: Contact, message: Message) -> Sent:
        """Hand over one letter; see the port."""
        if self._server is None:
            raise SendFailed(Failure.PERMANENT, FailureReason.NOT_CONFIGURED, "MUSTER_EMAIL_URL")
        address = str(contact.values.get("address") or "")
        if email_problem(address) is not None:
            raise SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, "address")
        content = letter(message, sender=self._server.sender, recipient=address).as_bytes()
        held: _Held | None = getattr(self._local, "held", None)
        if held is not None and held.usable and (held.fresh or self._alive(held)):
            with contextlib.suppress(_Stale):
                return self._hand_over(held, address, content)
        self.close()
        return self._hand_over(self._open(self._server), address, content)

    def close(self) -> None:
        """Let go of this thread's connection."""
        held: _Held | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None:
            held.client.close()

    def _alive(self, held: _Held) -> bool:
        """Whether the kept connection still answers, asked before anything depends on it."""
        try:
            return _timed(held.client, min(2, self._seconds), lambda: held.client.noop())[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _open(self, server: SmtpServer) -> _Held:
        client = _Client(self._egress, server, self._seconds)
        try:
            with self._egress.breaker.watch(f"{server.host}:{server.port}", TimeoutError):
                _timed(client, self._seconds, client.open)
        except Exception as why:
            client.close()
            raise _failure(why) from why
        held = _Held(client, time.monotonic())
        self._local.held = held
        return held

    def _hand_over(self, held: _Held, address: str, content: bytes) -> Sent:
        assert self._server is not None
        sender = self._server.sender
        try:
            receipt = _timed(
                held.client, self._seconds, lambda: _transact(held.client, sender, address, content)
            )
        except Exception as why:
            self.close()
            if isinstance(why, _Stale) and not held.letters:
                raise SendFailed(Failure.TEMPORARY, FailureReason.CONNECTION_LOST) from why
            raise why if isinstance(why, _Stale) else _failure(why) from why
        held.used_at = time.monotonic()
        held.letters += 1
        return Sent(receipt=receipt)


def open_channel(outside: Outside) -> EmailChannel:
    """The channel of this installation; without `MUSTER_EMAIL_URL` it says so at every send."""
    server = SmtpServer.parse(outside.email_url) if outside.email_url else None
    return EmailChannel(outside.egress, server)


def _transact(client: _Client, sender: str, address: str, content: bytes) -> str:
    """Hand one letter over; returns the server's last words. Raises smtplib's errors."""
    recipient = _encoded(client, address)
    answers = client.envelope(sender, recipient, "" if recipient.isascii() else " SMTPUTF8")
    try:
        code, answer = next(answers)
    except smtplib.SMTPServerDisconnected as why:
        raise why if isinstance(why.__context__, TimeoutError) else _Stale from why
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, answer, sender)
    code, answer = next(answers)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({recipient: (code, answer)})
    code, answer = next(answers)
    if code == 354:
        code, answer = client.content(content)
    if code != 250:
        raise smtplib.SMTPDataError(code, answer)
    return answer.decode("ascii", "replace")[:200]


def _encoded(client: _Client, address: str) -> str:
    """The address as this server takes it. Raises `_MailboxNotSupported` for one it cannot name."""
    local, _, domain = address.rpartition("@")
    if local.isascii():
        return f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else address
    if not client.has_extn("smtputf8"):
        raise _MailboxNotSupported
    client.command_encoding = "utf-8"
    return address


def _timed(client: _Client, seconds: float, act: Callable[[], T]) -> T:
    """Do it within `seconds` in all: smtplib's own time-out starts anew with every byte that trickles in."""
    with _DEADLINES.within(seconds, client.cut) as is_late:
        try:
            return act()
        except (_Stale, smtplib.SMTPException, OSError) as why:
            # smtplib says "disconnected" of a socket whose own time-out was first
            if is_late() or isinstance(why.__context__, TimeoutError):
                raise TimeoutError from why
            raise


def _failure(why: Exception) -> SendFailed:
    """Sort what can go wrong. Only the code of the answer is kept: its text may hold addresses."""
    if isinstance(why, smtplib.SMTPException):
        return _refusal(why)
    if isinstance(why, EgressRefused):
        return SendFailed(Failure.PERMANENT, FailureReason.TARGET_REFUSED, why.reason.value)
    if isinstance(why, Resting):
        wait = timedelta(seconds=why.seconds)
        return SendFailed(Failure.TEMPORARY, FailureReason.TARGET_RESTING, "", wait)
    if isinstance(why, socket.gaierror):
        return SendFailed(Failure.TEMPORARY, FailureReason.NAME_NOT_FOUND)
    if isinstance(why, TimeoutError):
        return SendFailed(Failure.TEMPORARY, FailureReason.TIMED_OUT)
    if isinstance(why, ssl.SSLCertVerificationError):
        return SendFailed(Failure.PERMANENT, FailureReason.TLS_FAILED, why.verify_message)
    if isinstance(why, ssl.SSLError):
        return SendFailed(Failure.TEMPORARY, FailureReason.TLS_FAILED, why.reason or "")
    if isinstance(why, ConnectionRefusedError):
        return SendFailed(Failure.TEMPORARY, FailureReason.CANNOT_CONNECT)
    if isinstance(why, OSError):
        return SendFailed(Failure.TEMPORARY, FailureReason.CONNECTION_LOST, type(why).__name__)
    return SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, type(why).__name__)


def _refusal(why: smtplib.SMTPException) -> SendFailed:
    if isinstance(why, smtplib.SMTPRecipientsRefused):
        code = next(iter(why.recipients.values()))[0]
        return SendFailed(_by_code(code), FailureReason.RECIPIENT_REFUSED, str(code))
    if isinstance(why, smtplib.SMTPResponseException):
        code = why.smtp_code
        reason = FailureReason.REFUSED if code >= 500 else FailureReason.SERVER_ERROR
        if isinstance(why, smtplib.SMTPAuthenticationError):
            reason = FailureReason.SIGN_IN_REFUSED
        return SendFailed(_by_code(code), reason, str(code))
    if isinstance(why, smtplib.SMTPServerDisconnected):
        return SendFailed(Failure.TEMPORARY, FailureReason.CONNECTION_LOST)
    if isinstance(why, _MailboxNotSupported):
        return SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, "SMTPUTF8")
    return SendFailed(Failure.PERMANENT, FailureReason.TLS_FAILED, "STARTTLS or AUTH not offered")


def _by_code(code: int) -> Failure:
    return Failure.PERMANENT if code >= 500 else Failure.TEMPORARY
