"""Speaks Opsgenie's API to the product's web process, and lets the engine work in between."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acme import ACME
from calling import Call, answer
from database import Database
from engine import settle
from muster.detect.models import Alert
from muster.foundation.timeline.reactor import prepare
from serving import Answer, Web, product

INTEGRATIONS = """
version: 1
integrations:
  - {handle: scripts, service: checkout, kind: opsgenie}
  - {handle: orders, service: orders-db, kind: opsgenie}
"""


class Genie:
    """A sender that has a key."""

    def __init__(self, web: Web, key: str) -> None:
        self.web, self.key = web, key

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request under `/v2/alerts`; a body is sent as JSON, bytes as they are."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"authorization": f"GenieKey {self.key}", "content-type": "application/json", **headers}
        answer = self.web.request(method, f"/v2/alerts{path}", sent, fields)
        assert answer.status < 500 or answer.status == 503, answer.body
        assert "location" not in answer.headers
        if method != "HEAD":
            assert isinstance(answer.json, dict)
            assert answer.headers["x-request-id"] == answer.json["requestId"]
            assert isinstance(answer.json["took"], float)
        return answer

    def do(self, method: str, path: str, body: Any = None) -> str:
        """Something that is done later, as this protocol has it; the request's id."""
        answer = self.ask(method, path, body)
        assert (answer.status, answer.json.get("result")) == (202, "Request will be processed"), answer.body
        return str(answer.json["requestId"])

    def create(self, message: str = "Disk full", **members: Any) -> str:
        """A new alert; the id of the request."""
        return self.do("POST", "", {"message": message, **members})

    def get(self, path: str) -> Any:
        """The data of what can be read."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json["data"]

    def status(self, request: str) -> dict[str, Any]:
        """What became of a request."""
        found: dict[str, Any] = self.get(f"/requests/{request}")
        return found

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str]]:
        """The status of a refusal, and what it says of each member."""
        answer = self.ask(method, path, body, **headers)
        assert answer.json["message"]
        return answer.status, answer.json.get("errors", {})


@pytest.fixture
def genie(call: Call, database: Database, tmp_path: Path) -> Iterator[Genie]:
    """The house of design 13, always on call, with senders that speak Opsgenie's API."""
    prepare()
    everyday = ACME.replace(', only: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}]', "")
    answer(call("POST", "/configuration/apply", everyday))
    made = answer(call("POST", "/configuration/apply", INTEGRATIONS))["integrations"]
    settle()
    with product(tmp_path, database.url) as web:
        yield Genie(web, next(one["key"] for one in made if one["handle"] == "scripts"))


@pytest.fixture
def other(genie: Genie, call: Call) -> Genie:
    """A sender of another service."""
    key = answer(call("POST", "/integrations/orders/rotate"))["key"]
    return Genie(genie.web, str(key))


def only() -> Alert:
    """The one alert there is."""
    return Alert.objects.get()
