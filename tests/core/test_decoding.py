"""Strangers' bodies become values that PostgreSQL and recursive code can hold, or are refused (B2, B3)."""

import json
from typing import Any

import pytest

from muster.core.decoding import DEPTH_LIMIT, NotDecodable, decode_form, decode_json

TAKEN: list[tuple[bytes, Any]] = [
    (b'{"a": 1}', {"a": 1}),
    (b"\xef\xbb\xbf[1]", [1]),
    (b' \n\t"x"\r ', "x"),
    (b'{"a": 1, "a": 2}', {"a": 2}),
    (b'"\\u0000"', "\ufffd"),
    (b'{"a\\u0000b": ["\\u0000"]}', {"a\ufffdb": ["\ufffd"]}),
    (b'"\\ud800"', "\ufffd"),
    (b'{"\\udfff": "\\ud83d\\ude00"}', {"\ufffd": "\U0001f600"}),
    (b'"\\ud83d\\ude00"', "\U0001f600"),
    (b"-0", 0),
    (b"1e308", 1e308),
    (b"123456789012345678901234567890", 123456789012345678901234567890),
    ("\u202e\u2066".join(('"a', 'b"')).encode(), "a\u202e\u2066b"),
    (b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT, None),
    (b"[" + b"[],{}," * 500 + b"[]]", None),
]
REFUSED = [
    b"",
    b" ",
    b"{",
    b'{"a"',
    b"[1,]",
    b"{'a': 1}",
    b"NaN",
    b"[Infinity]",
    b'["\\ud800", NaN]',
    b"1e400",
    b"01",
    b"tru",
    b"{} {}",
    b'"\x00"',
    b'"\n"',
    b"\xff",
    b'"\xed\xa0\x80"',
    b'"\xc0\x80"',
    b'{"a": 1}'.decode().encode("utf-16"),
    b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1),
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b"[" * 100_000,
    b'"\\ud800' + b"[" * 100_000,
    b"[" * 100_000 + b'"\\ud800"' + b"]" * 100_000,
]


@pytest.mark.parametrize(("body", "value"), TAKEN, ids=range(len(TAKEN)))
def test_odd_but_right_json_is_read(body: bytes, value: Any) -> None:
    found = decode_json(body)
    assert value is None or found == value
    json.dumps(found).encode()  # it can be written again: nothing in it is lone, nothing too deep


@pytest.mark.parametrize("body", REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_json_or_too_deep_is_refused(body: bytes) -> None:
    with pytest.raises(NotDecodable):
        decode_json(body)


def test_a_form_is_read_and_cleaned() -> None:
    assert decode_form(b"a=1&b=%C3%A4+x&a=2&c=%00") == {"a": "2", "b": "ä x", "c": "\ufffd"}


@pytest.mark.parametrize("body", [b"", b"no pairs", b"\xff=1", b"&".join(b"a=1" for _ in range(1001))])
def test_what_is_not_a_form_is_refused(body: bytes) -> None:
    with pytest.raises(NotDecodable):
        decode_form(body)
