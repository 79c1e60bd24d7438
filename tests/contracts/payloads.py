"""What senders sent, or would send by their documents: the copies under `tests/wire`."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from muster.core.knock import FetchFailed, Knock

AT = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
"""Minutes after most of them were sent."""

WIRE = Path(__file__).parents[1] / "wire"


def payload(name: str) -> Any:
    """The body of a documented payload."""
    return json.loads((WIRE / "payloads" / f"{name}.json").read_text())["body"]


def captured(name: str) -> Any:
    """The body of a captured request, decoded."""
    return json.loads((WIRE / "captures" / f"{name}.json").read_text())["body_json"]


def nothing_outside(url: str) -> bytes:
    """No address answers."""
    raise FetchFailed(url)


def knock(
    body: bytes,
    settings: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    now: datetime = AT,
    fetch: Callable[[str], bytes] = nothing_outside,
    learned: dict[str, str] | None = None,
) -> Knock:
    """A request at a guarded door; what it teaches stands in `learned`."""
    kept: dict[str, str] = {} if learned is None else learned
    return Knock(headers, body, json.loads(body), settings, now, fetch, kept.setdefault)
