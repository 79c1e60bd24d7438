"""A letter as it came by SMTP, turned into the JSON that `translate` reads (RFC 5322; wire facts 3.10).

Nothing that a letter says raises: what cannot be read is left out.
"""

import email
import email.policy
import html
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

import nh3

from muster.core.text import clean_text

TEXT_LIMIT_CHARS = 20_000
_HEADER_LIMIT_CHARS = 8_000
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
_LINE_ENDS = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h[1-6])[^>]{0,200}>")
_BLANK_LINES = re.compile(r"\n[ \t\r]*\n[\s]*")
_REFERENCES_LIMIT = 50


def letter_of(content: bytes) -> dict[str, Any]:
    """The parts of a letter that matter; HTML becomes text, and of attachments only the names are kept."""
    letter = _parsed(content)
    senders = getaddresses([_said(letter, "from")])
    return {
        "from": next((address for _, address in senders if address), ""),
        "subject": _said(letter, "subject"),
        "text": _text(letter),
        "message_id": _said(letter, "message-id"),
        "in_reply_to": _said(letter, "in-reply-to"),
        "references": _said(letter, "references").split()[:_REFERENCES_LIMIT],
        "auto_submitted": _said(letter, "auto-submitted"),
        "content_type": _content_type(letter),
        "date": _date(_said(letter, "date")),
        "attachments": _attachments(letter),
    }


class _Bounded(email.policy.EmailPolicy):
    """Reads headers up to a length: the library's parser takes seconds for what can be sent in one."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """The header, of a value that is no longer than that."""
        return super().header_fetch_parse(name, value[:_HEADER_LIMIT_CHARS])


_POLICY = _Bounded()


def _parsed(content: bytes) -> EmailMessage:
    """The letter; of one whose parts lie too deep within each other, what its head says."""
    try:
        letter = email.message_from_bytes(content, policy=_POLICY)
    except _UNREADABLE:
        letter = BytesHeaderParser(policy=_POLICY).parsebytes(content)
    assert isinstance(letter, EmailMessage)
    return letter


def _content_type(letter: EmailMessage) -> str:
    try:
        return letter.get_content_type()
    except _UNREADABLE:
        return ""


def text_of_html(markup: str) -> str:
    """What a person reads of HTML, line by line."""
    bare = nh3.clean(_LINE_ENDS.sub("\n", markup), tags=set())
    return _BLANK_LINES.sub("\n\n", html.unescape(bare)).strip()


def _said(letter: EmailMessage, name: str) -> str:
    try:
        return clean_text(str(letter.get(name, ""))).strip()
    except _UNREADABLE:
        return ""


def _text(letter: EmailMessage) -> str:
    try:
        part = letter.get_body(("plain", "html"))
    except _UNREADABLE:
        part = None
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except _UNREADABLE:
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        text = text_of_html(text)
    return clean_text(text.replace("\r\n", "\n").strip()[:TEXT_LIMIT_CHARS])


def _date(text: str) -> str:
    try:
        at = parsedate_to_datetime(text)
    except _UNREADABLE:
        return ""
    aware: datetime = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return aware.isoformat()


def _attachments(letter: EmailMessage) -> list[str]:
    try:
        return [clean_text(part.get_filename() or "")[:200] for part in letter.iter_attachments()][:20]
    except _UNREADABLE:
        return []
