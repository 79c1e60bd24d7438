"""Calls the API in this process, as somebody."""

import json
from typing import Any, Protocol

import pytest
from django.test import Client

from muster.core.permissions import system
from muster.foundation.access import commands, queries
from people import Cast


class Call(Protocol):
    """`call("GET", "/alerts", who="ana")`; a body is sent as JSON, bytes and text as they are."""

    def __call__(self, method: str, path: str, body: Any = None, *, who: str = "admin") -> Any: ...


@pytest.fixture
def call(cast: Cast) -> Call:
    """Call the API, by default as the first admin."""
    tokens: dict[str, str] = {"admin": cast.token}

    def send(method: str, path: str, body: Any = None, *, who: str = "admin") -> Any:
        if who not in tokens:
            tokens[who] = commands.create_token(
                cast.id(who), actor=system("tests"), at=queries.now(), name="t"
            )
        content, content_type = _encoded(body)
        headers = {"Authorization": f"Bearer {tokens[who]}"}
        return Client().generic(method, f"/api/v1{path}", content, content_type, headers=headers)

    return send


def _encoded(body: Any) -> tuple[bytes, str]:
    if isinstance(body, str):
        return body.encode(), "application/yaml"
    if isinstance(body, bytes):
        return body, "application/json"
    return b"" if body is None else json.dumps(body).encode(), "application/json"


def answer(response: Any, status: int = 200) -> Any:
    """The body of an answer with this status."""
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def problem(response: Any, status: int, reason: str) -> str:
    """The sentence of a refusal (RFC 9457)."""
    body = answer(response, status)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body.get("reason") == reason, body
    assert "%(" not in body["detail"], body
    return str(body["detail"])
