"""Text from strangers, made fit to be stored and to be shown on one line (reliability I24, section 8 B3)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_EPOCH_DIGITS = (10, 13)


def message_id(text: str) -> str:
    """Mark a text for translation; whoever shows it words it with gettext. Imported as `_`."""
    return text


def clean_text(text: str) -> str:
    """The text without what PostgreSQL refuses: NUL and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_json(value: Any, *, depth_limit: int = 64) -> Any:
    """A JSON value whose every text, names included, passed `clean_text`; the same object if it was clean.

    What is nested deeper than `depth_limit` becomes an ellipsis, so that no sender can exhaust the stack.
    """
    return value if _is_clean(value, depth_limit) else _cleaned(value, depth_limit)


def _is_clean(value: Any, depth_limit: int) -> bool:
    """Encoding is ten times faster than walking, and stumbles over whatever walking would change."""
    try:
        text = _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return b"\\u0000" not in text and text.count(b"{") + text.count(b"[") <= depth_limit


def _cleaned(value: Any, depth_limit: int) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth_limit <= 0:
        return "…"
    if isinstance(value, Mapping):
        return {clean_text(str(name)): _cleaned(inner, depth_limit - 1) for name, inner in value.items()}
    return [_cleaned(inner, depth_limit - 1) for inner in value]


def one_line(text: str, limit_chars: int) -> str:
    """The text on one line, control characters made spaces, cut with an ellipsis at `limit_chars`."""
    if len(text) <= limit_chars and text.isprintable():  # neither NUL nor a lone surrogate is printable
        return text
    line = clean_text(text)
    if not line.isprintable():
        line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= limit_chars else line[: limit_chars - 1] + "…"


def sender_time(value: Any) -> datetime | None:
    """The instant that a sender wrote: ISO 8601 in any of its dresses, or seconds or milliseconds since 1970
    (as a number, or as the 10 or 13 digits of one).

    UTC where no offset is given. None for anything else, for dates before 1970 (Go's zero time means "not
    yet") and for dates that no calendar reaches: a wrong clock must never cost an alert.
    """
    try:
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, str) and len(value) in _EPOCH_DIGITS and value.isdecimal():
            value = int(value)
        if isinstance(value, int | float):
            seconds = value / 1000 if abs(value) > 1e11 else value
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            parsed = datetime.fromisoformat(str(value).strip())
            found = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= 1970 else None
