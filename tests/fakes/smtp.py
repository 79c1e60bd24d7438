"""An SMTP server that keeps what it is given, and can be told how to misbehave. A real one: aiosmtpd."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Mail:
    """One letter that was answered with 250."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    connection: int

    @property
    def message(self) -> EmailMessage:
        """The letter, parsed."""
        return message_from_bytes(self.content, policy=default)  # type: ignore[return-value]

    def text(self, kind: str = "plain") -> str:
        """Its text, or its HTML with `kind="html"`."""
        part = self.message.get_body((kind,))
        return part.get_content() if part is not None else ""


@dataclass
class Behaviour:
    """What the server answers; change it at any time. An empty text means: behave."""

    greeting: str = ""
    recipient: str = ""
    data: str = ""
    hang_in_data: bool = False
    pipelining: bool = True
    drop_after_data: bool = False


@dataclass
class SmtpServer:
    """`with SmtpServer() as smtp:`, then `smtp.url`, `smtp.mails`, `smtp.wait_for(1)`."""

    user: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    mails: list[Mail] = field(default_factory=list)
    attempts: int = 0
    connections: int = 0

    def __enter__(self) -> "SmtpServer":
        self._arrived = threading.Condition()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def url(self) -> str:
        """For `MUSTER_EMAIL_URL`."""
        scheme = "smtps" if self.tls else "smtp+starttls" if self.starttls else "smtp"
        credentials = f"{self.user}:{self.password}@" if self.user else ""
        return f"{scheme}://{credentials}127.0.0.1:{self.port}/?from=muster@example.com"

    def wait_for(self, count: int, seconds: float = 10) -> list[Mail]:
        """The letters, once there are `count`. Raises `AssertionError` when they do not come."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.mails) >= count, seconds)
            assert arrived, f"{len(self.mails)} of {count} letters came"
            return list(self.mails)

    def to(self, address: str) -> list[Mail]:
        """The letters to one address."""
        return [mail for mail in self.mails if address in mail.recipients]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, sock=self._socket, ssl=self.tls)
        )
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _protocol(self) -> asyncio.Protocol:
        self.connections += 1
        if self.behaviour.greeting:
            return _Sulky(self.behaviour.greeting)
        options: dict[str, Any] = {"loop": self._loop, "enable_SMTPUTF8": True}
        if self.starttls is not None:
            options |= {"tls_context": self.starttls, "require_starttls": True}
        if self.user:
            options |= {"authenticator": self._authenticate, "auth_require_tls": False, "auth_required": True}
        return SMTP(_Handler(self, self.connections), **options)

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login.decode(), data.password.decode()) == (self.user, self.password)
        return AuthResult(success=right, handled=False)

    def keep(self, envelope: Envelope, connection: int) -> None:
        """A letter was taken."""
        content = envelope.content
        assert isinstance(content, bytes)
        with self._arrived:
            mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, connection)
            self.mails.append(mail)
            self._arrived.notify_all()


class _Sulky(asyncio.Protocol):
    """Says one thing at the door, or nothing at all with `-`."""

    def __init__(self, greeting: str) -> None:
        self._greeting = greeting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._greeting == "trickle":
            self._trickle(transport)
        elif self._greeting != "-":
            transport.write(self._greeting.encode() + b"\r\n")
            transport.close()

    def _trickle(self, transport: asyncio.Transport) -> None:
        if not transport.is_closing():
            transport.write(b"2")
            asyncio.get_running_loop().call_later(0.1, self._trickle, transport)


class _Handler:
    """aiosmtpd's hooks. It answers what comes line by line, so that it may be told all at once (RFC 2920)."""

    def __init__(self, server: SmtpServer, connection: int) -> None:
        self._server = server
        self._connection = connection

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return ["250-PIPELINING", *responses] if self._server.behaviour.pipelining else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server.behaviour.recipient:
            return self._server.behaviour.recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        behaviour = self._server.behaviour
        self._server.attempts += 1
        if behaviour.hang_in_data:
            await asyncio.sleep(60)
        if behaviour.drop_after_data:
            assert server.transport is not None
            server.transport.abort()  # a reset, without an answer
            return "250 never seen"
        if behaviour.data:
            return behaviour.data
        self._server.keep(envelope, self._connection)
        return "250 OK queued"


def until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
