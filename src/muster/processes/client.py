"""The command line's way to the API: httpx, with MUSTER_URL and MUSTER_TOKEN."""

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from muster.foundation.access.client import ApiProblem

DEFAULT_URL = "http://127.0.0.1:8000"
PAGE = 200
NOBODY = 3
"""The exit code when nobody answered, or the server failed."""

_AGAIN = frozenset({502, 503, 504})
_WAITS_S = (0.3, 1.0, 2.0)
_TIMEOUT = httpx.Timeout(60, connect=5)


class HttpClient:
    """Speaks to `/api/v1` of one installation, as one person.

    What is posted carries an `Idempotency-Key`, so that it is tried again when the connection breaks or the
    server is starting, and still done once.
    """

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{self._url}/api/v1",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=_TIMEOUT,
            transport=transport,
        )

    def get(self, path: str, **query: Any) -> Any:
        """One object."""
        return self._send("GET", path, query).json()

    def every(self, path: str, *, limit: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, newest first, page after page; at most `limit`."""
        left, cursor = limit, ""
        while left is None or left > 0:
            asked = query | {"limit": PAGE if left is None else min(left, PAGE)}
            page = self.get(path, **(asked | {"cursor": cursor} if cursor else asked))
            yield from page["items"]
            left = None if left is None else left - len(page["items"])
            cursor = page["next"] or ""
            if not cursor:
                return

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Do something, once; the answer or None."""
        return _decoded(self._send("POST", path, query, json={} if body is None else body))

    def ask(self, path: str, body: Any, **query: Any) -> Any:
        """Ask, with a body, what changes nothing: then nothing is remembered of the request either."""
        return _decoded(self._send("POST", path, query, is_question=True, json=body))

    def patch(self, path: str, body: Any, **query: Any) -> Any:
        """Change something."""
        return _decoded(self._send("PATCH", path, query, json=body))

    def delete(self, path: str) -> None:
        """Remove something."""
        self._send("DELETE", path, {})

    def send_text(self, path: str, text: str, content_type: str, **query: Any) -> Any:
        """Post a body that is not JSON; the answer is."""
        headers = {"Content-Type": content_type}
        return _decoded(self._send("POST", path, query, content=text.encode(), headers=headers))

    def get_text(self, path: str, **query: Any) -> str:
        """Get an answer that is not JSON."""
        return self._send("GET", path, query).text

    def _send(
        self, method: str, path: str, query: Mapping[str, Any], *, is_question: bool = False, **what: Any
    ) -> httpx.Response:
        headers = dict(what.pop("headers", {}))
        if method != "GET" and not is_question:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for wait_s in (*_WAITS_S, None):
            try:
                response = self._http.request(method, path, params=dict(query), headers=headers, **what)
            except httpx.TransportError as error:
                if wait_s is None:
                    raise ApiProblem(self._unreachable(error), exit_code=NOBODY) from None
            else:
                if response.status_code not in _AGAIN or wait_s is None:
                    return _checked(response)
            time.sleep(wait_s)
        raise AssertionError("unreachable")

    def _unreachable(self, error: httpx.TransportError) -> str:
        why = str(error) or type(error).__name__
        return f"{self._url} does not answer ({why}). Is `muster up` running, and is MUSTER_URL right?"


def from_environment() -> HttpClient:
    """The client that MUSTER_URL and MUSTER_TOKEN describe.

    Raises:
        ApiProblem: the token is missing, or the URL is none.
    """
    url = os.environ.get("MUSTER_URL") or DEFAULT_URL
    token = os.environ.get("MUSTER_TOKEN", "").strip()
    if not url.startswith(("http://", "https://")):
        raise ApiProblem("MUSTER_URL must begin with http:// or https://.")
    if not token:
        raise ApiProblem("Set MUSTER_TOKEN to an API token; `muster token create --person H` makes one.")
    if not (token.isascii() and token.isprintable()):
        raise ApiProblem("MUSTER_TOKEN holds characters that no token has.")
    return HttpClient(url, token)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    exit_code = NOBODY if response.status_code >= 500 else 1
    try:
        body = response.json()
        sentence, errors = str(body["detail"]), tuple(body.get("errors", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        sentence, errors = f"{response.url.host} answered {response.status_code}, and not as Muster does.", ()
    raise ApiProblem(sentence, exit_code=exit_code, errors=errors)


def _decoded(response: httpx.Response) -> Any:
    return response.json() if response.content else None
