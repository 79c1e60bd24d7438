"""What others have collected to break programs that read texts and JSON (reliability section 8, B1 to B3)."""

from collections import Counter

from contracts.published import json_suite, naughty_strings
from muster.core.decoding import NotDecodable, decode_json


def test_the_corpora_are_here_as_a_whole() -> None:
    """Else what reads them would have nothing to read, and be green."""
    assert Counter(name[0] for name in json_suite()) == {"y": 95, "n": 188, "i": 35}
    assert len(naughty_strings()) == 499


def test_what_is_json_is_read_and_what_is_not_is_refused() -> None:
    """And what each reader may decide ends in one of the two: no other error, no end of the stack."""
    read = {name: _is_read(body) for name, body in json_suite().items()}
    assert [name for name, is_read in read.items() if name[0] == "y" and not is_read] == []
    assert [name for name, is_read in read.items() if name[0] == "n" and is_read] == []


def test_what_is_read_can_be_stored_as_it_is() -> None:
    """No NUL and no half of a character is left, for PostgreSQL would refuse them."""
    for name, body in json_suite().items():
        if _is_read(body):
            text = repr(decode_json(body))
            assert "\\x00" not in text, name
            assert "\\ud8" not in text, name


def _is_read(body: bytes) -> bool:
    try:
        decode_json(body)
    except NotDecodable:
        return False
    return True
