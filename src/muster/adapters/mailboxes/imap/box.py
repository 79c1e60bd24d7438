"""The mailbox that `MUSTER_MAIL_IN` names, and what can be wrong with it."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from imaplib import IMAP4
from socket import gaierror
from urllib.parse import parse_qs, unquote, urlsplit

from muster.adapters.peers import EgressRefused
from muster.core.letters import mailboxes_of

LARGEST_BYTES = 5 * 1024 * 1024
"""So much of a letter is read: of what is behind, pictures mostly, nothing would be kept."""


class Security(StrEnum):
    """How the connection is protected; the value is the scheme of the address."""

    NONE = "imap"
    STARTTLS = "imap+starttls"
    TLS = "imaps"


_PORTS = {Security.NONE: 143, Security.STARTTLS: 143, Security.TLS: 993}
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Box:
    """One folder of one account, and the mailboxes whose `name+token` addresses come into it.

    The password never shows in its text.
    """

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    replies: str = ""
    alerts: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.folder} at {self.host}"

    @classmethod
    def parse(cls, url: str) -> "Box":
        """Read `imaps://user:password@host/?folder=INBOX&alerts=alerts@in.example.com`.

        Raises `ValueError` with one sentence that says what is wrong, without the password.
        """
        try:
            parts = urlsplit(url)
            security = Security(parts.scheme)
            port = parts.port or _PORTS[security]
        except ValueError:
            raise ValueError(
                "it must read imaps:// or imap+starttls://, then user, password and host"
            ) from None
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = parse_qs(parts.query).get("folder", ["INBOX"])[0]
        if not parts.hostname:
            raise ValueError("it names no host")
        if not user or not password:
            raise ValueError("it names no user and password: imaps://user:password@host, with %40 for an @")
        if any(not text.isprintable() for text in (user, password, folder)) or not folder.isascii():
            raise ValueError("user, password or folder hold what no mailbox has")
        if security is Security.NONE and parts.hostname not in _HERE:
            raise ValueError("without TLS only this machine itself may be read: write imaps://")
        mailboxes = mailboxes_of(parts.query)
        return cls(parts.hostname, port, security, user, password, folder, *mailboxes)


class BoxFault(Exception):
    """What the server does not do; its text is one clause for a person, and holds no secret."""


class SignInRefused(BoxFault):
    """The server does not know the user or the password."""

    def __init__(self) -> None:
        super().__init__("it refuses the user or the password")


def in_words(why: Exception) -> str:
    """What went wrong, as one clause. What a server answers is left out: it may hold names and addresses."""
    if isinstance(why, BoxFault):
        return str(why)
    if isinstance(why, EgressRefused):
        return "connections to its address are not allowed (MUSTER_ALLOW_PRIVATE_TARGETS)"
    if isinstance(why, gaierror):
        return "the name of its host is not found"
    if isinstance(why, TimeoutError):
        return "it does not answer in time"
    if isinstance(why, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(why, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {why.verify_message}"
    if isinstance(why, ssl.SSLError):
        return "no TLS connection comes about"
    if isinstance(why, OSError | IMAP4.abort):
        return "the connection was lost"
    return "it does not speak IMAP as expected"
