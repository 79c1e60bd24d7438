"""A page as a letter: text and HTML, inert whatever the alert says (reliability S47; RFC 5322, 3834)."""

import hashlib
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape

from muster.core.ports.contact_form import Message
from muster.core.text import clean_text, one_line

SUBJECT_LIMIT_CHARS = 200


class _HeaderClasses(HeaderRegistry):
    """Makes the class of each header once; the library makes it anew for every header of every letter."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = super().__getitem__(name)
        return found


_CLASSES = _HeaderClasses()
_ASCII = SMTP.clone(header_factory=_CLASSES)
_UTF8 = SMTPUTF8.clone(header_factory=_CLASSES)


def letter(message: Message, *, sender: str, recipient: str) -> EmailMessage:
    """The letter for one attempt; every attempt of one delivery carries the same `Message-ID`.

    Letters about one subject share a reference, so that mail programs show them as one conversation. Raises
    `ValueError` when the recipient cannot stand in a header.
    """
    mailbox, _, host = recipient.rpartition("@")
    domain = sender.rpartition("@")[2]
    built = EmailMessage(policy=_ASCII if mailbox.isascii() else _UTF8)
    built["From"] = Address("Muster", addr_spec=sender)
    built["To"] = Address(username=mailbox, domain=host)
    built["Subject"] = one_line(message.headline, SUBJECT_LIMIT_CHARS)
    if message.reply_to:
        built["Reply-To"] = Address("Muster", addr_spec=message.reply_to)
    built["Date"] = format_datetime(message.created_at)
    built["Message-ID"] = f"<{_token(message.key)}@{domain}>"
    built["References"] = f"<{_token('subject:' + message.subject)}@{domain}>"
    built["Auto-Submitted"] = "auto-generated"
    built["X-Auto-Response-Suppress"] = "All"
    built["List-Id"] = f"Muster <muster.{domain}>"
    built["X-Muster-Delivery"] = one_line(message.delivery, 64)
    if message.urgency == "high":
        built["Importance"] = "high"
        built["X-Priority"] = "1"
    built.set_content(_text(message))
    built.add_alternative(_html(message), subtype="html")
    return built


def _token(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _lines(message: Message) -> list[str]:
    return [one_line(line, 2000) for line in message.lines]


def _text(message: Message) -> str:
    parts = [one_line(message.headline, 2000), *_lines(message)]
    for label, url in _links(message):
        parts.append(f"{label}: {url}" if label else url)
    if message.reply_to:
        parts.append(one_line(message.reply_label, 200))
    if message.footer:
        parts.append("-- \n" + one_line(message.footer, 500))
    return "\n\n".join(parts) + "\n"


def _html(message: Message) -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in _lines(message))
    buttons = "".join(
        f'<p><a href="{escape(url)}" style="{_BUTTON}">{escape(label or url)}</a></p>'
        for label, url in _links(message)
    )
    reply = f"<p>{escape(one_line(message.reply_label, 200))}</p>" if message.reply_to else ""
    footer = f'<p style="color:#666">{escape(one_line(message.footer, 500))}</p>' if message.footer else ""
    title = escape(one_line(message.headline, 2000))
    return (
        '<!doctype html><html><body style="font-family:system-ui,sans-serif;font-size:16px;line-height:1.5">'
        f'<h1 style="font-size:20px">{title}</h1>{paragraphs}{buttons}{reply}{footer}</body></html>\n'
    )


_BUTTON = (
    "display:inline-block;padding:12px 20px;border:1px solid #333;border-radius:8px;text-decoration:none;"
    "color:#111;background:#fff"
)


def _links(message: Message) -> list[tuple[str, str]]:
    pairs = [(message.ack_label, message.ack_url), (message.open_label, message.url)]
    return [(one_line(label, 80), clean_text(url)) for label, url in pairs if url]
