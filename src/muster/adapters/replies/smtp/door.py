"""Takes replies to pages by SMTP, and nothing else: no other recipient is accepted, nothing is relayed.

The admin lets the mail for one address come here (an MX record or a route of their mail server). Whatever the
verdict, the letter is answered with 250, because a refusal would make the sender's server write to whoever
the From names; only when we cannot judge now (the database is away) it is 451, and comes again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from muster.core.ports.contact_form import email_problem
from muster.core.reply import Reply, ReplyAnswer, read, token_of

LARGEST_BYTES = 5 * 1024 * 1024
SECONDS = 60.0
_HOST = "muster"

log = logging.getLogger(__name__)

Judge = Callable[[Reply], ReplyAnswer]


@dataclass(frozen=True, slots=True)
class ReplyDoor:
    """Where we listen, and the mailbox whose `name+token` addresses are ours."""

    host: str
    port: int
    mailbox: str

    @classmethod
    def parse(cls, url: str) -> "ReplyDoor":
        """Read `smtp://host:port/?to=ack@reply.example.com`. Raises `ValueError` with one sentence."""
        parts = urlsplit(url)
        mailbox = parse_qs(parts.query).get("to", [""])[0]
        if parts.scheme != "smtp" or not parts.hostname or not parts.port:
            raise ValueError("it must read smtp://, then host and port to listen on")
        if email_problem(mailbox) is not None or "+" in mailbox:
            raise ValueError("'to' is not an e-mail address such as ack@reply.example.com")
        return cls(parts.hostname, parts.port, mailbox)

    def open(self, judge: Judge) -> Controller:
        """Listen, in a thread of its own, until `stop()`. Raises `OSError` when the place is taken."""
        controller = Controller(
            _Handler(self.mailbox, judge),
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


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, mailbox: str, judge: Judge) -> None:
        self._mailbox = mailbox
        self._judge = judge

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only a reply address of ours, and one of them."""
        if token_of(address, self._mailbox) is None:
            return "550 5.1.1 No such mailbox here"
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Judge the letter; its words are not kept."""
        token = token_of(envelope.rcpt_tos[0], self._mailbox) or ""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        reply = read(content, envelope.mail_from or "", token)
        try:
            verdict = await asyncio.to_thread(self._judge, reply)
        except Exception:
            log.exception("a reply could not be judged")
            return "451 4.3.0 Try again later"
        log.info("a reply came in: %s", verdict.value)
        return "250 OK"
