"""When pages arrive: providers that note when each named page came, and a house that sends them."""

import re
import threading
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import httpx
from rig import until

from fakes.smtp import SmtpServer
from fakes.webhook import Request, WebhookReceiver
from processes.running import Up

_NAME = re.compile(rb"alert-(\d+)")


class Arrivals:
    """When each alert's page came first, by the alert's number (monotonic)."""

    def __init__(self) -> None:
        self.came: dict[int, float] = {}
        self._lock = threading.Lock()

    def note(self, content: bytes) -> None:
        """Something came; it names the alerts that it is about."""
        at = time.monotonic()
        with self._lock:
            for found in _NAME.findall(content):
                self.came.setdefault(int(found), at)


class NotingSmtp(SmtpServer):
    """Notes each letter."""

    def __init__(self, arrivals: Arrivals) -> None:
        super().__init__()
        self._arrivals = arrivals

    def keep(self, envelope: object, connection: int) -> None:
        """A letter was taken."""
        self._arrivals.note(envelope.content)  # type: ignore[attr-defined]
        super().keep(envelope, connection)  # type: ignore[arg-type]


class NotingReceiver(WebhookReceiver):
    """Notes each webhook."""

    def __init__(self, arrivals: Arrivals) -> None:
        super().__init__()
        self._arrivals = arrivals

    def keep(self, request: Request) -> None:
        """A webhook came."""
        self._arrivals.note(request.body)
        super().keep(request)


class Paged:
    """A running Muster with this configuration; `fire()` raises alerts by their numbers."""

    def __init__(self, folder: Path, smtp: SmtpServer, configuration: str) -> None:
        self.folder = folder
        more = {"MUSTER_EMAIL_URL": smtp.url, "MUSTER_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8"}
        self.up = Up("--data", str(folder), **more)
        self.web = httpx.Client(base_url=self.up.url, timeout=30)
        headers = {"Authorization": f"Bearer {self.up.ready['token']}"}
        applied = self.web.post("/api/v1/configuration/apply", content=configuration, headers=headers)
        assert applied.status_code == 200, applied.text
        self.keys = {one["handle"]: one["key"] for one in applied.json()["integrations"]}
        self.accepted: dict[int, float] = {}
        self._numbers = count(1)

    def fire(self, integration: str) -> int:
        """Raise one alert; returns its number. Refused requests are sent again, as senders do."""
        number = next(self._numbers)
        body = {
            "routing_key": self.keys[integration],
            "event_action": "trigger",
            "dedup_key": f"alert-{number}",
            "payload": {"summary": f"alert-{number}", "source": "web-1", "severity": "critical"},
        }
        while self.web.post("/v2/enqueue", json=body).status_code != 202:
            time.sleep(0.05)
        self.accepted[number] = time.monotonic()
        return number

    def waits(self, numbers: Iterable[int], arrivals: Arrivals, *, seconds: float = 60) -> list[float]:
        """Milliseconds from the acceptance of each of these alerts to its page; missing ones fail."""
        wanted = list(numbers)
        until(lambda: all(number in arrivals.came for number in wanted), seconds)
        missing = [number for number in wanted if number not in arrivals.came]
        assert not missing, f"{len(missing)} pages never came: {missing[:5]}"
        return [(arrivals.came[number] - self.accepted[number]) * 1000 for number in wanted]


def person(handle: str, contact: str) -> str:
    """A person with one contact, and the ladder, the service and the sender that lead to them."""
    return (
        f"people: {{handle: {handle}, name: {handle}, email: {handle}@example.com, "
        f"contacts: [{{{contact}}}]}}\n"
        f"policies: {{handle: {handle}, steps: [{{after: 0s, notify: [person:{handle}]}}]}}\n"
        f"services: {{handle: {handle}, name: {handle}, policy: {handle}}}\n"
        f"integrations: {{handle: {handle}, service: {handle}, kind: pagerduty}}\n"
    )


def gathered(lines: Iterable[str], fallback: str) -> str:
    """`section: {...}` lines of many people as one configuration."""
    sections: dict[str, list[str]] = {}
    for line in "".join(lines).splitlines():
        section, _, rest = line.partition(": ")
        sections.setdefault(section, []).append(f"  - {rest}")
    head = f"version: 1\norganisation: {{name: Acme, timezone: Etc/UTC, fallback: [person:{fallback}]}}\n"
    return head + "".join(f"{name}:\n" + "\n".join(rows) + "\n" for name, rows in sections.items())
