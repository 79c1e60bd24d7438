"""The headers that every answer carries, and when (reliability section 3)."""

import asyncio
from typing import Any

import pytest

from muster.web.headers import CSP_DIRECTIVES, new_request_id, secured


def headers_of(answer: list[tuple[bytes, bytes]], *, scheme: str = "http", https: bool = False) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"scheme": scheme, "muster.request_id": "r-1"}
    start = {"type": "http.response.start", "status": 200, "headers": answer}
    asyncio.run(secured(scope, send, https=https)(start))  # type: ignore[arg-type]
    return list(sent[0]["headers"])


@pytest.mark.parametrize(
    ("scheme", "https", "sent"), [("http", False, 0), ("https", False, 1), ("http", True, 1)]
)
def test_hsts_is_sent_only_where_people_come_over_https(scheme: str, https: bool, sent: int) -> None:
    names = [name for name, _ in headers_of([], scheme=scheme, https=https)]
    assert names.count(b"strict-transport-security") == sent


def test_what_an_answer_says_itself_is_not_said_twice() -> None:
    found = headers_of([(b"content-security-policy", b"own"), (b"x-frame-options", b"SAMEORIGIN")])
    assert [value for name, value in found if name == b"content-security-policy"] == [b"own"]
    assert [value for name, value in found if name == b"x-frame-options"] == [b"SAMEORIGIN"]
    assert (b"x-content-type-options", b"nosniff") in found


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert CSP_DIRECTIVES["default-src"] == ["'none'"]
    words = {word for words in CSP_DIRECTIVES.values() for word in words}
    assert words == {"'none'", "'self'", "data:"}


def test_request_ids_differ() -> None:
    assert len({new_request_id() for _ in range(1000)}) == 1000
