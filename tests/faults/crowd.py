"""A house with many people, each on call for a service of their own, and alerts for all of them."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx

from fakes.smtp import SmtpServer
from processes.running import Up

_HEAD = """version: 1
organisation: {name: Acme, timezone: Europe/Madrid, fallback: [person:p0]}
teams: [{handle: payments, name: Payments, members: [p0]}]
"""
_PERSON = (
    "  - {{handle: p{n}, name: Person {n}, email: p{n}@example.com, role: responder, timezone: Etc/UTC,\n"
    "     contacts: [{{kind: email, address: p{n}@example.com}}],\n"
    "     rules: {{high: [{{after: 0s, use: email}}]}}}}\n"
)
_POLICY = "  - {{handle: p{n}, steps: [{{after: 0s, notify: [person:p{n}]}}]}}\n"
_SERVICE = "  - {{handle: s{n}, name: Service {n}, team: payments, policy: p{n}}}\n"
_INTEGRATION = "  - {{handle: i{n}, service: s{n}, kind: pagerduty}}\n"


def configuration(people: int) -> str:
    """The file for `muster apply`: `people` people, policies, services and PagerDuty integrations."""
    parts = {
        "people": _PERSON,
        "policies": _POLICY,
        "services": _SERVICE,
        "integrations": _INTEGRATION,
    }
    return _HEAD + "".join(
        f"{name}:\n" + "".join(line.format(n=n) for n in range(people)) for name, line in parts.items()
    )


class House:
    """A running Muster with a crowd in it. `send()` fires alerts, however often they are refused."""

    def __init__(self, folder: Path, smtp: SmtpServer, people: int) -> None:
        self.smtp = smtp
        self.folder = folder
        self.up = self._start()
        self.token = self.up.ready["token"]
        self.keys = self._configure(people)
        self.numbers = count(1)

    def _start(self) -> Up:
        return Up("--data", str(self.folder), MUSTER_EMAIL_URL=self.smtp.url)

    def _configure(self, people: int) -> list[str]:
        applied = self.api("POST", "/configuration/apply", content=configuration(people))
        assert applied.status_code == 200, applied.text
        found = {one["handle"]: one["key"] for one in applied.json()["integrations"]}
        return [found[f"i{n}"] for n in range(people)]

    def api(self, method: str, path: str, **more: str) -> httpx.Response:
        """Call our own API as the first admin."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, f"{self.up.url}/api/v1{path}", headers=headers, timeout=120, **more)  # type: ignore[arg-type]

    def again(self) -> None:
        """Start it once more, after it has been killed."""
        self.up = self._start()

    def send(self, person: int) -> float:
        """Fire a new alert for one person, again until it is taken; returns when that was (monotonic)."""
        name = f"alert-{next(self.numbers)}"
        body = {
            "routing_key": self.keys[person],
            "event_action": "trigger",
            "dedup_key": name,
            "payload": {"summary": name, "source": "tests", "severity": "critical"},
        }
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.post(f"{self.up.url}/v2/enqueue", json=body, timeout=15).status_code == 202:
                    return time.monotonic()
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{name} was never taken")

    def addressees(self) -> set[str]:
        """Everybody who has got a mail by now."""
        return {mail.recipients[0] for mail in list(self.smtp.mails)}

    def sent_twice(self) -> int:
        """How many mails came again; each with the `Message-ID` and delivery of the first."""
        mails = [mail.message for mail in self.smtp.mails]
        times = Counter(mail["X-Muster-Delivery"] for mail in mails)
        assert None not in times
        letters = {(mail["X-Muster-Delivery"], mail["Message-ID"]) for mail in mails}
        assert len(letters) == len(times), "a repeated mail has another Message-ID"
        return times.total() - len(times)


def in_background(work: Callable[[], None]) -> threading.Thread:
    """Start it in a thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
