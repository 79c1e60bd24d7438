"""Pages by web push (RFC 8030): accepted once the browser's push service has said 201 or 202.

The service keeps a page for an hour for a phone that is off. A second attempt has the same topic and tag: it
replaces what the service still holds, and what the browser shows.
"""

import hashlib
import json

from muster.adapters.contacts.webpush.form import FORM
from muster.adapters.contacts.webpush.sealing import LIMIT_BYTES, seal
from muster.adapters.contacts.webpush.vapid import authorization, decoded, encoded
from muster.adapters.egress import Egress
from muster.adapters.outside import Outside
from muster.adapters.posting import post, require_success
from muster.core.ports.contact import Contact, SendFailed, Sent
from muster.core.ports.contact_form import ContactForm, Failure, FailureReason, Message
from muster.core.text import one_line

KEPT_SECONDS = 3600
_EXPIRED = {404: FailureReason.GONE, 410: FailureReason.GONE}
_TEXT_CHARS = (2000, 800, 300, 0)


class WebPushChannel:
    """Pushes each page, sealed for its browser. Safe to call from several threads."""

    form: ContactForm = FORM

    def __init__(self, egress: Egress, *, secret_key: str, subject: str, seconds: float = 10) -> None:
        self._egress = egress
        self._secret_key = secret_key
        self._subject = subject
        self._seconds = seconds

    def send(self, contact: Contact, message: Message) -> Sent:
        """Push once; see the port. An expired subscription fails for good with `GONE`."""
        values = contact.values
        try:
            body = seal(notification(message), decoded(str(values["p256dh"])), decoded(str(values["auth"])))
        except (KeyError, ValueError) as why:
            raise SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, "subscription") from why
        endpoint = str(values.get("endpoint") or "")
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(KEPT_SECONDS),
            "urgency": "high" if message.urgency == "high" else "normal",
            "topic": encoded(hashlib.sha256(message.key.encode()).digest())[:32],
            "authorization": authorization(self._secret_key, endpoint, self._subject),
        }
        answer = post(self._egress, endpoint, body, headers, seconds=self._seconds)
        require_success(answer, _EXPIRED)
        if answer.status not in (201, 202):  # RFC 8030 5: nothing else says that it was taken
            raise SendFailed(Failure.TEMPORARY, FailureReason.UNEXPECTED_ANSWER, str(answer.status))
        return Sent(receipt=str(answer.status))


def open_channel(outside: Outside) -> WebPushChannel:
    """The channel of this installation."""
    secure = outside.base_url.startswith("https://")
    subject = outside.base_url if secure else "mailto:muster@localhost"
    return WebPushChannel(outside.egress, secret_key=outside.secret_key, subject=subject)


def notification(message: Message) -> bytes:
    """What our service worker is told; it fits one push whatever the alert says."""
    text = "\n".join(one_line(line, 400) for line in message.lines[:6]) or one_line(message.summary, 400)
    said = {
        "title": one_line(message.headline, 200),
        "tag": message.key,
        "urgent": message.urgency == "high",
        "open": message.ack_url or message.url,
        "open_label": message.open_label,
        "acknowledge": message.ack_post_url,
        "acknowledge_label": message.ack_label,
    }
    for limit in _TEXT_CHARS:
        whole = json.dumps(said | {"body": text[:limit]}, ensure_ascii=False).encode("utf-8", "replace")
        if len(whole) <= LIMIT_BYTES:
            break
    return whole
