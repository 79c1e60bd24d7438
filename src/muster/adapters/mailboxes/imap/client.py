"""imaplib over a socket that the egress guard opened, with the few things that reading a mailbox takes.

Letters are named by their UID, which stays while the folder's UIDVALIDITY does (RFC 3501, 2.3.1.1). Waiting
for the next letter (IDLE, RFC 2177) is read off the socket here: imaplib has it from Python 3.14 on, and its
buffered reader is of no more use after a time-out.
"""

import contextlib
import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from muster.adapters.deadline import Deadlines
from muster.adapters.egress import Egress
from muster.adapters.mailboxes.imap.box import (
    LARGEST_BYTES,
    Box,
    BoxFault,
    Security,
    SignInRefused,
)

SEEN, FLAGGED = "\\Seen", "\\Flagged"
POLL_S = 5.0
"""Between two looks where the server cannot tell us of news."""
_ANSWER_LIMIT_BYTES = 1024 * 1024
_DEADLINES = Deadlines()
_WAITING = b"wait"
_NEWS = re.compile(rb"\* \d+ (?:EXISTS|RECENT)\b", re.IGNORECASE)
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]{1,40})"', re.IGNORECASE)
_BUSY = re.compile(r"\s*\[(?:UNAVAILABLE|LIMIT|INUSE|SERVERBUG)\b", re.IGNORECASE)
"""At sign-in: the user and the password may be right (RFC 5530)."""
_BODY = re.compile(rb"BODY\[\]", re.IGNORECASE)

T = TypeVar("T")


class Found(NamedTuple):
    """A letter, as far as it is read, and when the mailbox got it, as its server writes that."""

    content: bytes
    arrived: str


class Wire:
    """The socket of a connection, from its first moment on, so that whoever waits on it can be cut off."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None

    def cut(self) -> None:
        """End every wait on it, from another thread."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Do it within `seconds` in all: the socket's own time-out starts anew with every byte that comes.

        Raises `TimeoutError`.
        """
        with _DEADLINES.within(seconds, self.cut) as is_late:
            try:
                yield
            except (imaplib.IMAP4.error, OSError) as why:
                if is_late():
                    raise TimeoutError from why
                raise


class Client(imaplib.IMAP4):
    """One connection to one box, signed in, its folder chosen. Raises `OSError`, `IMAP4.error`."""

    def __init__(self, egress: Egress, box: Box, wire: Wire, seconds: float) -> None:
        self._egress = egress
        self._box = box
        self._wire = wire
        self._seconds = seconds
        self._can_wait = False
        self._unread = b""
        super().__init__(box.host, box.port, timeout=seconds)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        raw = self._egress.connect(self._box.host, self._box.port, seconds=self._seconds)
        self._wire.socket = raw
        if self._box.security is not Security.TLS:
            return raw
        wrapped = self._egress.tls_context.wrap_socket(
            raw, server_hostname=self._box.host, do_handshake_on_connect=False
        )
        self._wire.socket = wrapped
        try:
            wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped

    def read(self, size: int) -> bytes:
        """What imaplib reads a letter with; a server that sends more than was asked for is not heard out."""
        if size > LARGEST_BYTES:
            raise self.abort("more than was asked for")
        return super().read(size)

    def enter(self) -> int:
        """Sign in and choose the folder; returns its UIDVALIDITY. Raises `BoxFault`."""
        if self._box.security is Security.STARTTLS:
            self._protect()
        self._sign_in()
        self._can_wait = b"IDLE" in self._offers()
        folder = _quoted(self._box.folder)
        try:
            status, _ = self.select(folder)
        except imaplib.IMAP4.readonly:
            raise BoxFault(f"{self._box.folder} may be read there but not changed") from None
        if status != "OK":
            raise BoxFault(f"it has no folder {self._box.folder}")
        _, validity = self.response("UIDVALIDITY")
        return int(validity[0]) if validity and validity[0] else 0

    def unread(self) -> list[int]:
        """The UIDs of the letters that nobody has read, oldest first. Raises `BoxFault`."""
        status, found = self.uid("SEARCH", "UNSEEN", "UNDELETED")
        if status != "OK":
            raise BoxFault("it cannot search")
        return sorted(int(uid) for part in found if part for uid in part.split())

    def fetch_letter(self, uid: int) -> Found | None:
        """A letter, without marking it as read; None when it is gone. Raises `BoxFault`."""
        asked = f"(INTERNALDATE BODY.PEEK[]<0.{LARGEST_BYTES}>)"
        status, parts = self.uid("FETCH", str(uid), asked)
        if status != "OK":
            raise BoxFault("it does not hand a letter out")
        told = b"".join(part[0] if isinstance(part, tuple) else part or b"" for part in parts)
        arrived = _ARRIVED.search(told)
        if arrived is None and not _BODY.search(told):
            return None
        content = next((part[1] for part in parts if isinstance(part, tuple) and _BODY.search(part[0])), b"")
        return Found(content, arrived[1].decode("ascii", "replace").strip() if arrived else "")

    def mark(self, uid: int, *flags: str) -> None:
        """Mark a letter as read, say. Raises `BoxFault`."""
        status, _ = self.uid("STORE", str(uid), "+FLAGS.SILENT", f"({' '.join(flags)})")
        if status != "OK":
            raise BoxFault("letters cannot be marked as read there")

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Until there is news in the box, or so many seconds have passed; `Wire.cut` ends it, too."""
        if not self._can_wait:
            stop.wait(min(seconds, POLL_S))
            self.noop()
            return
        self.sock.sendall(_WAITING + b" IDLE\r\n")
        has_news = False
        while not (line := self._next()).startswith((b"+", _WAITING)):
            has_news = has_news or _NEWS.match(line) is not None
        if line.startswith(b"+"):
            if not has_news:
                self._hear_news(seconds)
            self.sock.sendall(b"DONE\r\n")
            while not self._next().startswith(_WAITING):
                pass
        else:
            self._can_wait = False
        while self._unread:  # imaplib goes on where a line begins
            self._next()
        self.sock.settimeout(self._seconds)

    def _hear_news(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            line = self._line(left)
            if line is not None and (_NEWS.match(line) or line.startswith(b"* BYE")):
                return

    def _next(self) -> bytes:
        line = self._line(self._seconds)
        if line is None or line.startswith(b"* BYE"):
            raise self.abort("the server ended it")
        return line

    def _line(self, seconds: float) -> bytes | None:
        """The next line that comes while we wait; None when none comes in time. Raises `abort`, `OSError`."""
        until = time.monotonic() + seconds
        while b"\r\n" not in self._unread:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.sock.settimeout(left)
            try:
                heard = self.sock.recv(65536)
            except TimeoutError:
                return None
            if not heard or len(self._unread) > _ANSWER_LIMIT_BYTES:
                raise self.abort("the connection was lost")
            self._unread += heard
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line

    def _protect(self) -> None:
        if b"STARTTLS" not in self._offers():
            raise BoxFault("it offers no STARTTLS: write imaps://")
        self.starttls(self._egress.tls_context)
        self._wire.socket = self.sock

    def _sign_in(self) -> None:
        """By PLAIN where it is offered, since a password may hold any letter. Raises `BoxFault`."""
        box = self._box
        try:
            if b"AUTH=PLAIN" in self._offers():
                said = f"\0{box.user}\0{box.password}".encode()
                self.authenticate("PLAIN", lambda _: said)
            else:
                self.login(_quoted(box.user), box.password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeError) as why:
            if _BUSY.match(_answer(why)):
                raise BoxFault("it lets nobody sign in at the moment") from None
            raise SignInRefused from None

    def _offers(self) -> list[bytes]:
        """What the server offers now: after signing in often more."""
        _, found = self.capability()
        return (found[-1] or b"").upper().split()


def close(client: Client) -> None:
    """Say goodbye, if the server still listens."""
    with contextlib.suppress(imaplib.IMAP4.error, OSError, ssl.SSLError):
        client.logout()
    with contextlib.suppress(OSError):
        client.shutdown()


def timed(wire: Wire, seconds: float, act: Callable[[], T]) -> T:
    """Do one thing with the server, within `seconds` in all. Raises `TimeoutError` and what it raises."""
    with wire.within(seconds):
        return act()


def _answer(why: Exception) -> str:
    """What the server said: imaplib hands it on as text after AUTHENTICATE, and as bytes after LOGIN."""
    said = why.args[0] if why.args else ""
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
