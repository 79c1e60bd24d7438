"""Every operation of the API, whichever stage brought it: no stranger comes in, and no input is a fault."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from people import Cast

PROBLEM = "application/problem+json"
HANDLES = (
    "nobody",
    "%00",
    "%ff%fe",
    "..%2f..",
    "99999999999999999999",
    "-1",
    "a" * 5000,
    "%F0%9F%94%A5",
    "'",
)
BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"{",
    b"\xff",
    b'{"unknown": 1}',
    b'{"name": "\\ud800", "handle": "\\u0000", "title": [], "items": {}}',
    b'{"a":' * 5000,
    b"9" * 5000,
)
QUERIES = ("", "?limit=x", "?cursor=%ff", "?limit=-1", "?limit=99999999999999999999", "?cursor=" + "9" * 150)

Operation = tuple[str, str, dict[str, Any]]


def _operations() -> Iterator[Operation]:
    document = Client().get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _told_well(response: Any) -> None:
    """An answer, or a problem document; never a fault, never a redirect."""
    status = response.status_code
    assert status < 300 or 400 <= status < 500, (status, response.content[:300])
    if status >= 400:
        assert response.headers["Content-Type"] == PROBLEM
        assert response.json()["status"] == status


def test_no_operation_lets_a_stranger_in(cast: Cast, subtests: pytest.Subtests) -> None:
    """Deny by default, also for operations that come later."""
    operations = list(_operations())
    assert len(operations) > 20
    for method, path, operation in operations:
        with subtests.test(operation=f"{method} {path}"):
            assert operation["security"]
            response = Client().generic(method, re.sub(r"\{.*?\}", "1", path), b"{}", "application/json")
            assert response.status_code == 401
            assert response.headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize("kind", ["paths", "bodies", "queries"])
def test_no_input_is_a_fault(cast: Cast, subtests: pytest.Subtests, kind: str) -> None:
    """A wrong handle, body or query is a sentence, whatever the operation."""
    client = Client(headers={"Authorization": f"Bearer {cast.token}"})
    for method, path, _ in _operations():
        with subtests.test(operation=f"{method} {path}"):
            for url, body in _tries(kind, method, path):
                _told_well(client.generic(method, url, body, "application/json"))


def _tries(kind: str, method: str, path: str) -> Iterator[tuple[str, bytes]]:
    named = re.sub(r"\{.*?\}", "nobody", path)
    if kind == "paths" and "{" in path:
        yield from ((re.sub(r"\{.*?\}", handle, path), b"{}") for handle in HANDLES)
    if kind == "bodies" and method != "GET":
        yield from ((named, body) for body in BODIES)
    if kind == "queries" and method == "GET":
        yield from ((named + query, b"") for query in QUERIES)
