"""The providers that pages go to, with a log of what they have received. They know nothing of Muster."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import Envelope

from fakes.smtp import SmtpServer
from fakes.webhook import Answer, Request, WebhookReceiver, status


class ReceiveLog:
    """An append-only file of JSON lines: when, what, under which key, to whom."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Condition()
        self._file = path.open("a")
        self.path = path
        self.lines: list[dict[str, Any]] = []

    def write(self, **facts: Any) -> None:
        """Something has arrived."""
        line = {"at": time.time(), **facts}
        with self._lock:
            self.lines.append(line)
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
            self._lock.notify_all()

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any] | None:
        """The first line that fits; None when it does not come in time."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.lines if wanted(line)), None)

        with self._lock:
            self._lock.wait_for(lambda: found() is not None, seconds)
            return found()


class Letters(SmtpServer):
    """Everybody's mailbox. What arrives is logged before it is answered."""

    log: ReceiveLog

    def keep(self, envelope: Envelope, connection: int) -> None:
        """Log it; the summary stands behind the service's name in the subject."""
        super().keep(envelope, connection)
        letter = self.mails[-1].message
        self.log.write(
            kind="email",
            person=envelope.rcpt_tos[0].partition("@")[0],
            key=str(letter["Message-ID"]).strip("<>").partition("@")[0],
            delivery=letter["X-Muster-Delivery"],
            summary=str(letter["Subject"]).partition(": ")[2],
            what="page",
        )


class Phones(WebhookReceiver):
    """Everybody's webhook: `url_of("ana")`. What arrives is logged before it is answered."""

    def __init__(self, log: ReceiveLog) -> None:
        super().__init__()
        self.log = log
        self.answers: dict[str, Answer] = {}
        """How a person's provider answers, if not with 200."""

    def url_of(self, person: str, port: int | None = None) -> str:
        """Where this person's pages go, by way of a proxy's port if one is given."""
        return f"http://127.0.0.1:{port or self.port}/{person}"

    def __enter__(self) -> "Phones":
        super().__enter__()
        well = status(200)

        def answer(connection: Any, request: Request) -> None:
            self.answers.get(request.target.strip("/"), well)(connection, request)

        self.answer = answer
        return self

    def keep(self, request: Request) -> None:
        """Log it."""
        data = request.json.get("data", {})
        self.log.write(
            kind="webhook",
            person=request.target.strip("/"),
            key=request.headers.get("webhook-id"),
            delivery=data.get("delivery"),
            summary=data.get("summary"),
            link=data.get("ack_url"),
            what=request.json.get("type"),
        )
