"""Senders and people, seen from outside: whatever they ask and hear is written down."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

OK, FAILED, UNKNOWN = "ok", "fail", "info"
"""The answer was yes; it was no; there was none, so that nobody can say what happened."""


class History:
    """JSON lines: what clients asked, what they heard, and which faults there were meanwhile."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("a")
        self.path = path
        self.lines: list[dict[str, Any]] = []

    def write(self, **facts: Any) -> None:
        """One line, now."""
        line = {"at": time.time(), **facts}
        with self._lock:
            self.lines.append(line)
            self._file.write(json.dumps(line, default=str) + "\n")
            self._file.flush()

    def fault(self, what: str, key: str, began: float, ended: float | None = None) -> None:
        """Something was done to the product, since `began`."""
        self.write(op="fault", what=what, key=key, began=began, ended=ended or time.time())


class Client:
    """Asks one of several web processes, another when one does not answer."""

    def __init__(self, history: History, urls: Callable[[], Sequence[str]], token: str) -> None:
        self.history = history
        self._urls = urls
        self._token = token

    def trigger(self, key: str, name: str, *, at: int = 0, seconds: float = 15.0, **more: Any) -> str:
        """One PagerDuty event; `at` chooses the web process."""
        return self._event(key, name, "trigger", at, seconds, more)

    def by_hand(self, what: str, alert: str, name: str, *, at: int = 0) -> str:
        """A person does something to an alert: `resolve`, `escalate`, ..."""
        return self._ask(f"{what} by hand", name, f"/api/v1/alerts/{alert}/{what}", at, 40.0)

    def expect(self, name: str, *people: str) -> None:
        """For this key these people have to be told, and nobody else."""
        self.history.write(op="expect", key=name, people=sorted(people))

    def resolve(self, key: str, name: str, *, at: int = 0, seconds: float = 15.0) -> str:
        """The same sender says that it is over."""
        return self._event(key, name, "resolve", at, seconds, {})

    def nameless(self, key: str, name: str, *, at: int = 0) -> str:
        """A PagerDuty event without a key of its own; what key it is given is noted beside `name`."""
        body = {"routing_key": key, "event_action": "trigger"}
        payload = {"summary": name, "source": "tests", "severity": "critical"}
        phase = self._ask("trigger", name, "/v2/enqueue", at, 15.0, json=body | {"payload": payload})
        heard = [line for line in self.history.lines if line["key"] == name and line.get("phase") == OK]
        if heard:
            self.history.write(op="alias", key=name, given=json.loads(heard[-1]["said"])["dedup_key"])
        return phase

    def alertmanager(self, key: str, name: str, external_url: str, *, at: int = 0) -> str:
        """A firing alert of an Alertmanager, known by its fingerprint."""
        labels = {"alertname": name, "severity": "critical"}
        alert = {"status": "firing", "labels": labels, "annotations": {"summary": name}, "fingerprint": name}
        body = {"version": "4", "status": "firing", "externalURL": external_url, "alerts": [alert]}
        return self._ask("trigger", name, f"/in/alertmanager/{key}", at, 15.0, json=body)

    def insist(self, send: Callable[[int], str], seconds: float = 60.0) -> bool:
        """Do it again, here and there, until the answer is yes."""
        until, turn = time.monotonic() + seconds, 0
        while send(turn) != OK:
            if time.monotonic() > until:
                return False
            turn += 1
            time.sleep(0.05)
        return True

    def acknowledge(self, alert: str, name: str, *, at: int = 0, seconds: float = 40.0) -> str:
        """A person takes an alert."""
        return self._ask("acknowledge", name, f"/api/v1/alerts/{alert}/acknowledge", at, seconds)

    def by_link(self, path: str, name: str, *, at: int = 0) -> str:
        """Somebody acknowledges by the signed link in a page."""
        return self._ask("acknowledge", name, path, at, 20.0)

    def publish(self, page: str, name: str, post: dict[str, Any], *, at: int = 0) -> str:
        """Tell customers."""
        return self._ask("publish", name, f"/api/v1/status-pages/{page}/posts", at, 40.0, json=post)

    def api(
        self, method: str, path: str, *, at: int = 0, seconds: float = 60.0, **more: Any
    ) -> httpx.Response:
        """Ask the API without writing it down."""
        headers = {"Authorization": f"Bearer {self._token}"}
        return httpx.request(
            method, f"{self._url(at)}/api/v1{path}", headers=headers, timeout=seconds, **more
        )

    def _event(self, key: str, name: str, action: str, at: int, seconds: float, more: dict[str, Any]) -> str:
        body: dict[str, Any] = {"routing_key": key, "event_action": action, "dedup_key": name}
        if action == "trigger":
            body["payload"] = {"summary": name, "source": "tests", "severity": "critical"} | more
        return self._ask(action, name, "/v2/enqueue", at, seconds, json=body)

    def _ask(self, what: str, name: str, path: str, at: int, seconds: float, **more: Any) -> str:
        number = f"{time.monotonic_ns()}"
        self.history.write(op=what, key=name, id=number, phase="invoke")
        headers = {"Authorization": f"Bearer {self._token}"} if path.startswith("/api/") else {}
        try:
            answer = httpx.post(f"{self._url(at)}{path}", headers=headers, timeout=seconds, **more)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return self._heard(what, name, number, FAILED, "no connection")
        except httpx.HTTPError as error:
            return self._heard(what, name, number, UNKNOWN, type(error).__name__)
        phase = OK if answer.status_code < 400 else FAILED if answer.status_code < 500 else UNKNOWN
        return self._heard(what, name, number, phase, answer.text[:300], status=answer.status_code)

    def _heard(self, what: str, name: str, number: str, phase: str, said: str, **more: Any) -> str:
        self.history.write(op=what, key=name, id=number, phase=phase, said=said, **more)
        return phase

    def _url(self, at: int) -> str:
        urls = self._urls()
        return urls[at % len(urls)]
