"""A page as a letter: text and HTML, inert whatever the alert says (reliability S47; RFC 5322, 3834)."""

import functools
import hashlib
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from html import escape
from typing import Any

from muster.core.ports.contact_form import Message
from muster.core.text import clean_text, one_line

SUBJECT_LIMIT_CHARS = 200
_HEADERS_KEPT = 256
_FITS_CHARS = 76
"""Name and value that stand in one line of 78 characters (RFC 5322, 2.1.1)."""


class _Headers(HeaderRegistry):
    """Makes each class and each header once; the library makes both anew for every letter.

    A header is a string that knows how it was parsed, and does not change.
    """

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, type] = {}
        self._made = functools.lru_cache(_HEADERS_KEPT)(super().__call__)

    def __getitem__(self, name: str) -> type:
        found = self._classes.get(name)
        if found is None:
            found = self._classes[name] = super().__getitem__(name)
        return found

    def __call__(self, name: str, value: Any) -> Any:
        return self._made(name, value) if isinstance(value, str) else super().__call__(name, value)


class _Policy(EmailPolicy):
    """Folds each header once: most of a letter's are the same in every letter.

    (The library clones the policy for each part of each letter; all clones of one kind fold alike.)
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        return _folded(self.utf8, name, value)


@functools.lru_cache(_HEADERS_KEPT)
def _folded(utf8: bool, name: str, value: str) -> bytes:
    fits = 0 < len(value) <= _FITS_CHARS - len(name)
    if fits and value.isascii() and value.isprintable():
        return f"{name}: {value}\r\n".encode()  # there is nothing to fold
    return EmailPolicy.fold_binary(_UTF8 if utf8 else _ASCII, name, value)


_ASCII = _Policy(linesep="\r\n", header_factory=_Headers())
_UTF8 = _ASCII.clone(utf8=True)


def letter(message: Message, *, sender: str, recipient: str) -> EmailMessage:
    """The letter for one attempt; every attempt of one delivery carries the same `Message-ID`.

    Letters about one subject share a reference, so that mail programs show them as one conversation. Raises
    `ValueError` when the recipient cannot stand in a header.
    """
    mailbox, _, host = recipient.rpartition("@")
    domain = sender.rpartition("@")[2]
    built = EmailMessage(policy=_ASCII if mailbox.isascii() else _UTF8)
    built["From"] = str(Address("Muster", addr_spec=sender))
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
    built.make_alternative(f"=_{_token('boundary:' + message.key)}")  # nobody outside knows the key
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
