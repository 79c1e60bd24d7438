"""Pages as Standard Webhooks (design section 13): one POST, and only a complete 2xx answer counts."""

import email.utils
import json
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import httpx

from muster.adapters.breaker import Resting
from muster.adapters.contacts.webhook.form import FORM
from muster.adapters.contacts.webhook.signature import derived_secret, signature
from muster.adapters.egress import Answer, Egress
from muster.adapters.peers import EgressRefused
from muster.core.ports.contact import Contact, SendFailed, Sent
from muster.core.ports.contact_form import ContactForm, Failure, FailureReason, Message, url_problem

LONGEST_WAIT = timedelta(minutes=5)
"""A page does not wait longer than this for a provider that asks for more."""

_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})


class WebhookChannel:
    """Posts each page to its contact's address, signed. Safe to call from several threads."""

    form: ContactForm = FORM

    def __init__(self, egress: Egress, *, master_secret: str, seconds: float = 10) -> None:
        self._egress = egress
        self._master_secret = master_secret
        self._seconds = seconds

    def signing_secret(self, contact: Contact) -> str:
        """What the receiver verifies with: the contact's own secret, else the one made for it."""
        return str(contact.values.get("secret") or "") or derived_secret(self._master_secret, contact.id)

    def send(self, contact: Contact, message: Message) -> Sent:
        """Post once; see the port."""
        url = str(contact.values.get("url") or "")
        if url_problem(url) is not None:
            raise SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, "url")
        body = page_body(message)
        moment = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": message.key,
            "webhook-timestamp": str(moment),
            "webhook-signature": signature(self.signing_secret(contact), message.key, moment, body),
        }
        return _judge(self._post(url, body, headers))

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            return self._egress.post(url, body, headers, seconds=self._seconds)
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


def page_body(message: Message) -> bytes:
    """The exact bytes of a page: the same on every attempt."""
    data = {
        "delivery": message.delivery,
        "page": message.page,
        "person": message.person,
        "subject": message.subject,
        "summary": message.summary,
        "urgency": message.urgency,
        "count": message.count,
        "service": message.service,
        "alert": message.alert,
        "incident": message.incident,
        "url": message.url,
        "ack_url": message.ack_url,
    }
    moment = message.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    document = {"type": message.kind, "timestamp": moment, "data": data}
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """What `Retry-After` asks for (RFC 9110 10.2.3), from 0 to `LONGEST_WAIT`; None without it."""
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), LONGEST_WAIT)


def _judge(answer: Answer) -> Sent:
    status = answer.status
    if 200 <= status < 300:
        return Sent(receipt=str(status))
    detail = str(status)
    if status == 410:
        raise SendFailed(Failure.PERMANENT, FailureReason.GONE, detail)
    wait = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
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
