"""Pages by ntfy: one JSON publish, and done only when the server has answered with the message it keeps.

The protocol is docs.ntfy.sh/publish (publish as JSON, action buttons, priorities). The delivery's key is the
`sequence_id`: from ntfy 2.16 on a second attempt changes the first notification and makes no other.
"""

import json
from typing import Any

from muster.adapters.contacts.ntfy.form import FORM
from muster.adapters.egress import Answer, Egress
from muster.adapters.outside import Outside
from muster.adapters.posting import post, require_success
from muster.core.ports.contact import Contact, SendFailed, Sent
from muster.core.ports.contact_form import ContactForm, Failure, FailureReason, Message, problem_of
from muster.core.text import clean_text, one_line

PRIORITY = {"high": 5, "low": 3}
"""5 is `max`: the app lets it through silence and goes on ringing. 3 is the default."""
MESSAGE_LIMIT_BYTES = 4096
"""A longer one the server would turn into an attachment."""

_NOT_OURS = {401: FailureReason.SIGN_IN_REFUSED, 403: FailureReason.SIGN_IN_REFUSED}


class NtfyChannel:
    """Publishes each page to its contact's topic. Safe to call from several threads."""

    form: ContactForm = FORM

    def __init__(self, egress: Egress, *, seconds: float = 10) -> None:
        self._egress = egress
        self._seconds = seconds

    def send(self, contact: Contact, message: Message) -> Sent:
        """Publish once; see the port."""
        values = contact.values
        for field in FORM.fields:
            if problem_of(field, values.get(field.name)) is not None:
                raise SendFailed(Failure.PERMANENT, FailureReason.BAD_CONTACT, field.name)
        body = json.dumps(publication(str(values["topic"]), message)).encode()
        headers = {"content-type": "application/json"}
        if values.get("token"):
            headers["authorization"] = f"Bearer {values['token']}"
        url = str(values["server"]).rstrip("/") + "/"
        return _judge(post(self._egress, url, body, headers, seconds=self._seconds))


def open_channel(outside: Outside) -> NtfyChannel:
    """The channel of this installation."""
    return NtfyChannel(outside.egress)


def publication(topic: str, message: Message) -> dict[str, Any]:
    """What is published: the same on every attempt."""
    said: dict[str, Any] = {
        "topic": topic,
        "title": one_line(message.headline, 250),
        "message": _cut("\n".join(one_line(line, 1000) for line in message.lines) or message.summary),
        "priority": PRIORITY.get(message.urgency, 3),
        "sequence_id": message.key,
        "actions": list(_actions(message)),
    }
    if message.urgency == "high":
        said["tags"] = ["rotating_light"]
    link = message.ack_url or message.url
    return said | ({"click": link} if _is_web(link) else {})


def _actions(message: Message) -> list[dict[str, Any]]:
    """Acknowledge posts to the signed link without opening anything; Open shows the page."""
    actions: list[dict[str, Any]] = []
    if _is_web(message.ack_post_url):
        actions.append(
            {
                "action": "http",
                "label": message.ack_label,
                "url": message.ack_post_url,
                "method": "POST",
                "clear": True,
            }
        )
    link = message.ack_url or message.url
    if _is_web(link):
        actions.append({"action": "view", "label": message.open_label, "url": link})
    return actions


def _is_web(url: str) -> bool:
    """The server refuses a whole message for one link that it cannot read."""
    return url.startswith(("https://", "http://"))


def _cut(text: str) -> str:
    return clean_text(text).encode()[:MESSAGE_LIMIT_BYTES].decode("utf-8", "ignore")


def _judge(answer: Answer) -> Sent:
    """Only a 2xx with the message that the server keeps is a yes: a proxy's or portal's page is none (V7)."""
    require_success(answer, _NOT_OURS)
    kept = _read(answer)
    if kept.get("event") == "message" and kept.get("id"):
        return Sent(receipt=str(kept["id"])[:64])
    if "error" in kept:
        raise SendFailed(Failure.PERMANENT, FailureReason.REFUSED, str(kept.get("code", ""))[:16])
    raise SendFailed(Failure.TEMPORARY, FailureReason.UNEXPECTED_ANSWER, str(answer.status))


def _read(answer: Answer) -> dict[str, Any]:
    try:
        read = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
