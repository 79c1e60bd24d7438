"""Takes letters by SMTP: replies to pages, and alerts. No other recipient is accepted, nothing is relayed.

The admin lets the mail for our addresses come here (an MX record or a route of their mail server). A reply is
answered with 250 whatever the verdict, because a refusal would make the sender's server write to whoever the
From names. An alert's sender hears 550 when the key is nobody's. When we cannot tell now (the database is
away) it is 451, and the letter comes again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from muster.core.letters import mailboxes_of
from muster.core.reply import Reply, ReplyAnswer, read, token_of

LARGEST_BYTES = 5 * 1024 * 1024
SECONDS = 60.0
CONNECTIONS = 100
"""So many at once; a sender that finds no place is told to come again."""
_HOST = "muster"
_NOBODY, _LATER = "550 5.1.1 No such mailbox here", "451 4.3.0 Try again later"

log = logging.getLogger(__name__)

Judge = Callable[[Reply], ReplyAnswer]


class Alerts(Protocol):
    """Who takes letters that are alerts; a key is nobody's when both say False."""

    def knows(self, key: str) -> bool:
        """Whether a letter to this key would be taken: a stranger need not send it."""
        ...

    def take(self, key: str, content: bytes) -> bool:
        """Keep a letter durably."""
        ...


@dataclass(frozen=True, slots=True)
class MailDoor:
    """Where we listen, and the mailboxes whose `name+token` addresses are ours; an empty one has none."""

    host: str
    port: int
    replies: str = ""
    alerts: str = ""

    @classmethod
    def parse(cls, url: str) -> "MailDoor":
        """Read `smtp://host:port/?to=ack@in.example.com&alerts=alerts@in.example.com`; one of them is enough.

        Raises `ValueError` with one sentence.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            port = None
        if not port or parts.scheme != "smtp" or not parts.hostname:
            raise ValueError("it must read smtp://, then host and port to listen on")
        return cls(parts.hostname, port, *mailboxes_of(parts.query))

    def open(self, judge: Judge, alerts: Alerts) -> Controller:
        """Listen, in a thread of its own, until `stop()`. Raises `OSError` when the place is taken."""
        controller = _Listener(
            _Handler(self, judge, alerts),
            hostname=self.host,
            port=self.port,
            ready_timeout=10,
            server_hostname=_HOST,
            ident="Muster",
            data_size_limit=LARGEST_BYTES,
            enable_SMTPUTF8=True,
        )
        controller.SMTP_kwargs["timeout"] = SECONDS
        controller.start()
        return controller


class _Listener(Controller):
    """aiosmtpd's, with a bound on how many are connected at once."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self._connected: set[SMTP] = set()
        super().__init__(*arguments, **settings)

    def factory(self) -> asyncio.Protocol:
        """What talks on one connection."""
        if len(self._connected) >= CONNECTIONS:
            return _Full()
        return _Counted(self._connected, self.handler, **self.SMTP_kwargs)


class _Counted(SMTP):
    def __init__(self, connected: set[SMTP], *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._connected = connected

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connected.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connected.discard(self)
        super().connection_lost(error)


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
        transport.close()


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, door: MailDoor, judge: Judge, alerts: Alerts) -> None:
        self._door = door
        self._judge = judge
        self._alerts = alerts

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only an address of ours, and one of them."""
        key = _token(address, self._door.alerts)
        if not key and not _token(address, self._door.replies):
            return _NOBODY
        try:
            if key and not await asyncio.to_thread(self._alerts.knows, key):
                return _NOBODY
        except Exception:
            log.exception("a key could not be looked up")
            return _LATER
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Judge a reply, whose words are not kept; keep an alert."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            if key := _token(envelope.rcpt_tos[0], self._door.alerts):
                return "250 OK" if await asyncio.to_thread(self._alerts.take, key, content) else _NOBODY
            reply = read(content, envelope.mail_from or "", _token(envelope.rcpt_tos[0], self._door.replies))
            verdict = await asyncio.to_thread(self._judge, reply)
        except Exception:
            log.exception("a letter could not be taken")
            return _LATER
        log.info("a reply came in: %s", verdict.value)
        return "250 OK"


def _token(address: str, mailbox: str) -> str:
    return (token_of(address, mailbox) if mailbox else None) or ""
