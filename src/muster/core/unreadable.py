"""What a door could not read, kept for whoever can mend the sender (I1, I14; design section 5). Pure.

Nothing that comes with a valid key disappears: the body is kept, bounded and cleaned, with the reason, and
the integration's own people are told.
"""

import base64
import codecs
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from muster.core.intake import IntakeReason
from muster.core.text import clean_json, clean_text, one_line

KEPT_BYTES = 16 * 1024
"""So much of a body is kept; its size is kept beside it."""
KEPT_A_MINUTE = 10
"""So many bodies of one integration get a row within a minute; the others are only counted."""
KIND = "unreadable_payload"
"""The kind of our own alert about it."""
_KEY_MARK, _MARK = b"<your key>", b"<not kept>"
_LOOKED_AT_BYTES = 4 * KEPT_BYTES
_ERRORS_LIMIT, _ERROR_CHARS = 20, 300
_decode = msgspec.json.Decoder().decode


class Unreadable(msgspec.Struct, frozen=True):
    """A body that its door could not read: why, what its sender was told, and what is kept of it.

    `body` is the JSON value, or text; base64 of bytes that are no text (`form` says which).
    """

    reason: IntakeReason
    errors: tuple[str, ...] = ()
    size_bytes: int = 0
    form: str = "none"
    cut: bool = False
    body: Any = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored in its signal's row."""
        return {
            "errors": list(self.errors),
            "size_bytes": self.size_bytes,
            "form": self.form,
            "cut": self.cut,
            "body": self.body,
        }

    def in_words(self) -> str:
        """The reason on one line: the sender's first mistake, or what kind of mistake it is."""
        return self.errors[0] if self.errors else str(self.reason).replace("_", " ")


def unreadable(
    reason: IntakeReason,
    body: bytes,
    *,
    errors: Sequence[str] = (),
    secret: str = "",
    names: Sequence[str] = (),
    size_bytes: int = 0,
) -> Unreadable:
    """What to keep of a body. `secret` is the integration's key: a mark stands in its place wherever it is,
    and in the place of the texts of members with these `names`, at any depth, in JSON or what was to be it.

    `size_bytes` is said where the body itself was not read.
    """
    size = len(body) or size_bytes
    body = body[:_LOOKED_AT_BYTES]
    if secret:
        body = body.replace(secret.encode(), _KEY_MARK)
    if names:
        body = _texts_of(tuple(names)).sub(rb'\1"' + _MARK + b'"', body)
    is_whole = size <= _LOOKED_AT_BYTES
    form, kept, cut = _kept(body, is_whole, as_value=reason is IntakeReason.NOT_UNDERSTOOD)
    told = tuple([one_line(str(error), _ERROR_CHARS) for error in errors[:_ERRORS_LIMIT]])
    return Unreadable(reason, told, size, form, cut, kept)


@cache
def _texts_of(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """The texts of members with these names; one that the body's end cuts, too."""
    either = "|".join(re.escape(name) for name in names)
    return re.compile(rf'("(?:{either})"\s*:\s*)"(?:[^"\\]|\\.)*"?'.encode(), re.DOTALL)


def _kept(body: bytes, is_whole: bool, *, as_value: bool) -> tuple[str, Any, bool]:
    if not body:
        return "none", None, False
    if as_value and is_whole and len(body) <= KEPT_BYTES:
        value = _json_of(body)
        if value is not None:
            return "json", value, False
    try:
        text = clean_text(codecs.utf_8_decode(body, "strict", is_whole)[0])
    except UnicodeDecodeError:
        return "base64", base64.b64encode(body[:KEPT_BYTES]).decode(), len(body) > KEPT_BYTES
    return "text", text[:KEPT_BYTES], not is_whole or len(text) > KEPT_BYTES


def _json_of(body: bytes) -> Any:
    """The value, if it can be stored as one: a number may be larger than JSON is written with."""
    try:
        value = clean_json(_decode(body))
        msgspec.json.encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return value


def about(handle: str, at: datetime) -> str:
    """What our own alert is about: an integration, in one hour."""
    return f"{handle}:{at.astimezone(UTC):%Y-%m-%dT%H}"


def summary(handle: str, found: Unreadable) -> str:
    """Our own alert in one line."""
    return one_line(f"{handle} sent what cannot be read: {found.in_words()}", 300)
