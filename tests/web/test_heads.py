"""Which heads are known again (what comes of it: `test_express`)."""

import pytest

from muster.web.heads import HEAD_BYTES, HEADS, REMEMBERED, Head, Heads

START = b"POST /in HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n"
HEAD = Head(b"POST", b"/in", [(b"host", b"x"), (b"content-length", b"5")], 5, True)


def test_the_same_bytes_are_the_same_head() -> None:
    heads = Heads()
    assert heads.find(START + b"hello") is None
    heads.remember(START + b"hello", HEAD)
    assert heads.find(START + b"world") == (HEAD, b"world")
    assert heads.find(START.replace(b"x", b"y") + b"world") is None


@pytest.mark.parametrize("body", [b"", b"hell", b"hello!", b"helloPOST /in HTTP/1.1\r\n"])
def test_only_one_whole_request_is_known(body: bytes) -> None:
    """What is cut, or followed by more, is the parser's."""
    heads = Heads()
    heads.remember(START + b"hello", HEAD)
    assert heads.find(START + body) is None


def test_what_was_not_one_request_is_not_remembered() -> None:
    """Two in one read, where the parser's last word is about the second; and heads without end."""
    heads = Heads()
    heads.remember(START + b"hello" + START + b"hello", HEAD)
    long = START.replace(b"x", b"x" * HEAD_BYTES)
    heads.remember(long + b"hello", HEAD)
    assert heads.find(START + b"hello") is None
    assert heads.find(long + b"hello") is None


def test_no_more_than_so_many_are_remembered() -> None:
    heads = Heads()
    for number in range(3 * REMEMBERED):
        heads.remember(START.replace(b"x", b"%d" % number) + b"hello", HEAD)
        assert len(heads._known) <= REMEMBERED


def test_the_heads_of_the_process_are_found_by_their_bytes() -> None:
    assert HEADS.find(b"") is None
    assert HEADS.find(b"no head") is None
