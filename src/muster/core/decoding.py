"""Bodies of strangers, read as JSON or as a form whatever the Content-Type says (wire rule 3; B2, B3).

What comes out is fit for PostgreSQL and for recursive code: no NUL, no lone surrogate, no great depth. Of
duplicate names the last counts; NaN and infinities are not JSON.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from muster.core.text import clean_json

DEPTH_LIMIT = 64
FORM_FIELDS_LIMIT = 1000
_BOM = b"\xef\xbb\xbf"
_ESCAPE, _BRACKET = ord("\\"), ord("[")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_UNUSUAL = (msgspec.MsgspecError, UnicodeDecodeError)
_decode = msgspec.json.Decoder().decode


class NotDecodable(Exception):
    """The body is not one JSON document in UTF-8, or is nested deeper than anybody means."""


def decode_json(body: bytes) -> Any:
    """The JSON value of the body. Raises `NotDecodable`."""
    try:
        try:
            value = _decode(body)
        except _UNUSUAL:
            value = _behind_a_mark(body)
    except RecursionError:
        raise NotDecodable from None
    opened = body.count(b"{") + (body.count(b"[") if _BRACKET in body else 0)
    if opened > DEPTH_LIMIT and _deeper_than(value, DEPTH_LIMIT):
        raise NotDecodable
    return clean_json(value) if holds_nul(body) else value


def holds_nul(text: bytes) -> bool:
    """Whether a JSON text may hold a NUL, which PostgreSQL refuses. Most hold no escape at all (and a byte is
    found ten times as fast as a word)."""
    return _ESCAPE in text and b"\\u0000" in text


def decode_form(body: bytes) -> dict[str, str]:
    """A form's fields; the last of the same name counts. Raises `NotDecodable`."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=FORM_FIELDS_LIMIT
        )
    except ValueError:
        raise NotDecodable from None
    if not pairs:
        raise NotDecodable
    fields: dict[str, str] = clean_json(dict(pairs))
    return fields


def _behind_a_mark(body: bytes) -> Any:
    """JSON behind a byte order mark; what is none either way may have lone surrogates."""
    bare = body.removeprefix(_BOM)
    try:
        return _decode(bare)
    except _UNUSUAL:
        return _with_lone_surrogates(bare)


def _with_lone_surrogates(body: bytes) -> Any:
    """JSON as the standard library reads it, which lets lone surrogates through; they become U+FFFD."""
    if not _SURROGATE.search(body):
        raise NotDecodable
    try:
        return clean_json(json.loads(body.decode(), parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        raise NotDecodable from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _deeper_than(value: Any, limit: int) -> bool:
    """Whether containers are nested more than `limit` deep; without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
