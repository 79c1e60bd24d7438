"""One message, posted: sorts all that an HTTP provider can do into the failures of the port (reliability V).

Every channel that speaks HTTP sends through here, so that none can call a page sent that is not (V7).
"""

import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx

from muster.adapters.breaker import Resting
from muster.adapters.egress import Answer, Egress
from muster.adapters.peers import EgressRefused
from muster.core.ports.contact import SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, url_problem
from muster.core.retry import parse_retry_after

_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})


def post(egress: Egress, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
    """Post once and read the whole answer, whatever its status. Raises `SendFailed` when none came."""
    if url_problem(url) is not None:
        raise SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, "url")
    try:
        return egress.post(url, body, headers, seconds=seconds)
    except EgressRefused as why:
        raise SendFailed(Failure.PERMANENT, FailureReason.TARGET_REFUSED, why.reason.value) from why
    except Resting as why:
        wait = timedelta(seconds=why.seconds)
        raise SendFailed(Failure.TEMPORARY, FailureReason.TARGET_RESTING, "", wait) from why
    except socket.gaierror as why:
        raise SendFailed(Failure.TEMPORARY, FailureReason.NAME_NOT_FOUND) from why
    except httpx.TimeoutException as why:
        raise SendFailed(Failure.TEMPORARY, FailureReason.TIMED_OUT) from why
    except httpx.ConnectError as why:
        raise _connect_failure(why) from why
    except httpx.TransportError as why:
        detail = type(why).__name__
        raise SendFailed(Failure.TEMPORARY, FailureReason.CONNECTION_LOST, detail) from why
    except (httpx.InvalidURL, ValueError) as why:
        raise SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, "url") from why


def require_success(answer: Answer, reasons: Mapping[int, FailureReason] | None = None) -> None:
    """Raise `SendFailed` unless the status is 2xx.

    `reasons` names what a status means to this provider, for good, where it is not what HTTP says.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    detail = str(status)
    special = (reasons or {}).get(status)
    if special is not None:
        raise SendFailed(Failure.PERMANENT, special, detail)
    if status == 410:
        raise SendFailed(Failure.PERMANENT, FailureReason.GONE, detail)
    wait = parse_retry_after(answer.headers.get("retry-after"), at=datetime.now(UTC))
    if status == 429:
        raise SendFailed(Failure.TEMPORARY, FailureReason.RATE_LIMITED, detail, wait)
    if status >= 500:
        raise SendFailed(Failure.TEMPORARY, FailureReason.SERVER_ERROR, detail, wait)
    if status in _TRY_AGAIN:
        raise SendFailed(Failure.TEMPORARY, FailureReason.REFUSED, detail, wait)
    reason = FailureReason.REFUSED if status >= 400 else FailureReason.UNEXPECTED_ANSWER
    raise SendFailed(Failure.PERMANENT, reason, detail)


def _connect_failure(why: httpx.ConnectError) -> SendFailed:
    """Tell a refused connection from a certificate that cannot be trusted: only time heals the first."""
    cause: BaseException | None = why
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return SendFailed(Failure.PERMANENT, FailureReason.TLS_FAILED, cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return SendFailed(Failure.TEMPORARY, FailureReason.TLS_FAILED, cause.reason or "")
        cause = cause.__cause__ or cause.__context__
    return SendFailed(Failure.TEMPORARY, FailureReason.CANNOT_CONNECT)
