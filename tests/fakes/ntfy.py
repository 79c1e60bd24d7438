"""A small ntfy server: publishing as JSON, as docs.ntfy.sh/publish describes it, and what the phone shows.

It refuses what the real one refuses: a topic or action that is not of its form, a wrong token, a long title.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from fakes.webhook import Answer, Request, WebhookReceiver, _Connection, status

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


def refusal(code: int, error: str) -> Answer:
    """An error as ntfy words it: `code` begins with the HTTP status."""
    body = {"code": code, "http": code // 100, "error": error, "link": "https://ntfy.sh/docs/publish/"}
    return status(code // 100, ("content-type", "application/json"), body=json.dumps(body).encode())


@dataclass
class NtfyServer(WebhookReceiver):
    """`with NtfyServer() as ntfy:`, then `ntfy.server`, `ntfy.published`, `ntfy.shown`."""

    token: str = ""
    published: list[dict[str, Any]] = field(default_factory=list)
    """Every message that was taken, oldest first."""

    def __enter__(self) -> "NtfyServer":
        super().__enter__()
        self.answer = self.publish
        return self

    @property
    def server(self) -> str:
        """The address of the server."""
        return self.url.removesuffix("/pages")

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The notifications on the phone: a later message of the same `sequence_id` changes the first."""
        by_sequence = {one.get("sequence_id") or one["id"]: one for one in self.published}
        return list(by_sequence.values())

    def publish(self, connection: _Connection, request: Request) -> None:
        """Take a message, or say why not."""
        wrong = self._wrong(request)
        if wrong is not None:
            wrong(connection, request)
            return
        kept = {"id": f"m{len(self.published)}", "event": "message", "time": 1, "expires": 2} | request.json
        self.published.append(kept)
        status(200, ("content-type", "application/json"), body=json.dumps(kept).encode())(connection, request)

    def _wrong(self, request: Request) -> Answer | None:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return refusal(40301, "forbidden")
        try:
            said = request.json
        except ValueError:
            return refusal(40024, "invalid request: message must be valid JSON")
        if request.method not in ("POST", "PUT") or request.target != "/":
            return refusal(40401, "page not found")
        if not _TOPIC.fullmatch(said.get("topic", "")):
            return refusal(40009, "invalid request: topic invalid")
        if said.get("priority") not in (None, 1, 2, 3, 4, 5):
            return refusal(40007, "invalid priority parameter")
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", said.get("sequence_id", "x")):
            return refusal(40049, "invalid request: sequence ID invalid")
        actions = said.get("actions", [])
        if len(actions) > 3 or not all(_fits(action) for action in actions):
            return refusal(40018, "invalid request: actions invalid")
        return None

    def press(self, label: str) -> tuple[str, str]:
        """What the app does when the newest notification's button is pressed: (method, address)."""
        action = next(one for one in self.shown[-1]["actions"] if one["label"] == label)
        method = action.get("method", "POST") if action["action"] == "http" else "GET"
        return method, action["url"]


def _fits(action: dict[str, Any]) -> bool:
    kind, url = action.get("action"), action.get("url", "")
    return kind in ("view", "http") and bool(action.get("label")) and url.startswith(("http://", "https://"))
