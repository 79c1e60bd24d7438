"""Each channel with somebody to reach over it and a far end that can be told how to behave.

A new channel adds its line to LINES: then every test of the contract runs for it. `far` puts another place in
the far end's stead: a port where nobody listens, a name that is not found.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from fakes.certificate import server_context
from fakes.ntfy import NtfyServer, refusal
from fakes.push import PushService
from fakes.smtp import Behaviour, SmtpServer
from fakes.webhook import Answer, WebhookReceiver, hang, reset, status, trickle
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.contacts.ntfy.channel import NtfyChannel
from muster.adapters.contacts.webhook.channel import WebhookChannel
from muster.adapters.contacts.webpush.channel import WebPushChannel
from muster.adapters.contacts.webpush.vapid import public_key
from muster.adapters.egress import Egress
from muster.core.ports.contact import Contact, ContactChannel

LONG = os.environ.get("MUSTER_FAULTS") == "long"
SECONDS = 10.0 if LONG else 0.6
"""The time for one send: as in production in the long form (`make faults`)."""
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"
SECRET = "a key for tests only, not a secret at all"
DATE = "Fri, 01 Mar 2126 12:00:00 GMT"


@dataclass
class Line:
    """A channel, somebody to reach over it, and the far end."""

    channel: ContactChannel
    contact: Contact
    behave: Callable[[str], None]
    keys: Callable[[], list[str]]
    """The idempotency keys of everything that arrived, whatever was answered."""


class MakeLine(Protocol):
    """Opens a line; `expired` gives the far end a certificate that has ended."""

    def __call__(
        self, egress: Egress, *, far: str = "", expired: bool = False
    ) -> AbstractContextManager[Line]: ...


HTTP_MODES: dict[str, Answer] = {
    "hang": hang(),
    "hang in the middle": hang(HALF),
    "trickle": trickle(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500, 1.0 if LONG else 0.1),
    "temporary": status(500),
    "permanent": status(400),
    "reset": reset(),
    "nonsense": reset(b"220 smtp.example.com ESMTP\r\n"),
    "slow down, seconds": status(429, ("retry-after", "7")),
    "slow down, date": status(429, ("retry-after", DATE)),
    "slow down, for ever": status(429, ("retry-after", "1000000000")),
    "slow down, negative": status(429, ("retry-after", "-1")),
    "slow down": status(429),
}
"""What every provider that speaks HTTP may do."""


@contextmanager
def email(egress: Egress, *, far: str = "", expired: bool = False) -> Iterator[Line]:
    with SmtpServer(tls=server_context(days=-1)[0] if expired else None) as smtp:
        later = Behaviour(data="451 4.7.1 slow down")
        modes = {
            "good": Behaviour(),
            "hang": Behaviour(greeting="-"),
            "hang in the middle": Behaviour(hang_in_data=True),
            "trickle": Behaviour(greeting="trickle"),
            "temporary": Behaviour(data="451 4.3.0 later"),
            "permanent": Behaviour(data="554 5.7.1 never"),
            "reset": Behaviour(drop_after_data=True),
            "nonsense": Behaviour(greeting="HTTP/1.1 200 OK"),
            "taken and then refused": Behaviour(data="554 5.6.0 taken and then refused"),
            **{mode: later for mode in HTTP_MODES if mode.startswith("slow down")},
        }

        def behave(mode: str) -> None:
            smtp.behaviour = modes[mode]

        url = f"smtp://{far}/?from=muster@example.com" if far else smtp.url
        yield Line(
            EmailChannel(egress, Server.parse(url), seconds=SECONDS),
            Contact("1", "email", {"address": "ana@example.com"}),
            behave,
            lambda: [str(mail.message["Message-ID"]) for mail in smtp.mails],
        )


@contextmanager
def webhook(egress: Egress, *, far: str = "", expired: bool = False) -> Iterator[Line]:
    with WebhookReceiver(tls=server_context(days=-1)[0] if expired else None) as hook:
        modes = HTTP_MODES | {"good": status(204, body=b""), "taken and then refused": status(422)}

        def behave(mode: str) -> None:
            hook.answer = modes[mode]

        yield Line(
            WebhookChannel(egress, master_secret="m", seconds=SECONDS),
            Contact("1", "webhook", {"url": f"http://{far}/pages" if far else hook.url}),
            behave,
            lambda: [request.headers["webhook-id"] for request in hook.requests],
        )


@contextmanager
def ntfy(egress: Egress, *, far: str = "", expired: bool = False) -> Iterator[Line]:
    with NtfyServer(tls=server_context(days=-1)[0] if expired else None) as server:
        refused = status(200, body=b'{"code": 40301, "http": 403, "error": "forbidden"}')
        modes = HTTP_MODES | {
            "good": server.publish,
            "permanent": refusal(40009, "never: topic invalid"),
            "taken and then refused": refused,
        }

        def behave(mode: str) -> None:
            server.answer = modes[mode]

        yield Line(
            NtfyChannel(egress, seconds=SECONDS),
            Contact("1", "ntfy", {"server": f"http://{far}" if far else server.server, "topic": "ana-7"}),
            behave,
            lambda: [request.json["sequence_id"] for request in server.requests],
        )


@contextmanager
def webpush(egress: Egress, *, far: str = "", expired: bool = False) -> Iterator[Line]:
    key = public_key(SECRET)
    with PushService(tls=server_context(days=-1)[0] if expired else None, key=key) as service:
        modes = HTTP_MODES | {"good": service.push, "taken and then refused": status(413)}

        def behave(mode: str) -> None:
            service.answer = modes[mode]

        values = service.subscription | ({"endpoint": f"http://{far}/pages"} if far else {})
        yield Line(
            WebPushChannel(egress, secret_key=SECRET, subject="mailto:ops@example.com", seconds=SECONDS),
            Contact("1", "webpush", values),
            behave,
            lambda: [json.loads(service.browser.opened(one.body))["tag"] for one in service.requests],
        )


LINES: dict[str, MakeLine] = {"email": email, "ntfy": ntfy, "webhook": webhook, "webpush": webpush}
