"""One small thing, got from outside for a door: a certificate, a confirmation (design sections 5, 10)."""

import httpx

from muster.adapters.breaker import Resting
from muster.adapters.egress import Egress
from muster.core.knock import FetchFailed

SECONDS = 8.0
LIMIT_BYTES = 64 * 1024


def fetch(egress: Egress, url: str) -> bytes:
    """Get once, through the guard. Raises `FetchFailed` unless the whole of a 2xx answer came."""
    try:
        answer = egress.get(url, seconds=SECONDS, limit_bytes=LIMIT_BYTES)
    except (OSError, httpx.HTTPError, httpx.InvalidURL, Resting, ValueError) as why:
        raise FetchFailed(type(why).__name__) from why
    if not 200 <= answer.status < 300 or answer.truncated:
        raise FetchFailed(f"status {answer.status}")
    return answer.body
