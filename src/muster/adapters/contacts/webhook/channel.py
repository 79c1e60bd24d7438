"""Pages as Standard Webhooks (design section 13): one POST, and only a complete 2xx answer counts."""

import json
import time
from datetime import UTC

from muster.adapters.contacts.webhook.form import FORM
from muster.adapters.contacts.webhook.signature import derived_secret, signature
from muster.adapters.egress import Egress
from muster.adapters.outside import Outside
from muster.adapters.posting import post, require_success
from muster.core.ports.contact import Contact, Sent
from muster.core.ports.contact_form import ContactForm, Message


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
        body = page_body(message)
        moment = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": message.key,
            "webhook-timestamp": str(moment),
            "webhook-signature": signature(self.signing_secret(contact), message.key, moment, body),
        }
        url = str(contact.values.get("url") or "")
        answer = post(self._egress, url, body, headers, seconds=self._seconds)
        require_success(answer)
        return Sent(receipt=str(answer.status))


def open_channel(outside: Outside) -> WebhookChannel:
    """The channel of this installation."""
    return WebhookChannel(outside.egress, master_secret=outside.secret_key)


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
