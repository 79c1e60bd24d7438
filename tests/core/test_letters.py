"""Letters that come in: to whom they were written, and how one is known again."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.letters import (
    TOKENS_LIMIT,
    Mailboxes,
    envelope_sender,
    headers_of,
    letter_mark,
    mailboxes_of,
    tokens_for,
)

BOX = "alerts@in.example.com"
HASH = b"h" * 32
SAID: Mapping[str, Any] = {
    "message_id": "<1@nas>",
    "date": "2026-03-01T12:00:00+00:00",
    "subject": "Disk",
    "text": "full",
}


def letter(*headers: str, body: str = "97 %") -> bytes:
    return "\r\n".join(["Subject: Disk full", *headers, "", body]).encode()


@pytest.mark.parametrize(
    ("headers", "tokens"),
    [
        (["To: alerts+k1@in.example.com"], ["k1"]),
        (["To: Alerts <ALERTS+K1@In.Example.Com>, ops@example.com"], ["k1"]),
        (["To: ops@example.com", "Cc: alerts+k1@in.example.com"], ["k1"]),
        (["Delivered-To: alerts+k1@in.example.com", "To: ops@example.com"], ["k1"]),
        (["X-Original-To: alerts+k1@in.example.com", "Delivered-To: muster@in.example.com"], ["k1"]),
        (["To: alerts+k1@in.example.com, alerts+k2@in.example.com"], ["k1", "k2"]),
        (["To: alerts+k1@in.example.com", "Envelope-To: alerts+k1@in.example.com"], ["k1"]),
        (["To: alerts@in.example.com"], []),
        (["To: alerts+k1@elsewhere.example"], []),
        (["To: undisclosed-recipients:;"], []),
        (["From: alerts+k1@in.example.com"], []),
        ([], []),
    ],
)
def test_to_whom_a_letter_was_written(headers: list[str], tokens: list[str]) -> None:
    assert tokens_for(letter(*headers), BOX) == tokens
    assert tokens_for(letter(*headers), "") == []


def test_what_stands_in_the_text_of_a_letter_is_no_address() -> None:
    assert tokens_for(letter(body="To: alerts+k1@in.example.com"), BOX) == []
    assert headers_of(b"A: 1\n\nB: 2") == b"A: 1"


def test_a_letter_to_very_many_is_for_the_first_of_them() -> None:
    many = ", ".join(f"alerts+k{n}@in.example.com" for n in range(500))
    assert tokens_for(letter(f"To: {many}"), BOX) == [f"k{n}" for n in range(TOKENS_LIMIT)]


@given(st.binary(max_size=400))
def test_any_bytes_are_a_letter_to_somebody_or_nobody(content: bytes) -> None:
    assert all(tokens_for(content, BOX))
    assert isinstance(envelope_sender(content), str)


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (["Return-Path: <ana@example.com>", "From: b@example.com"], "ana@example.com"),
        (["Return-Path: <>", "From: MAILER-DAEMON@example.com"], ""),
        (["From: Ana <ana@example.com>"], "ana@example.com"),
        ([], ""),
    ],
)
def test_whom_a_letters_server_heard_it_from(headers: list[str], sender: str) -> None:
    assert envelope_sender(letter(*headers)) == sender


def test_a_letter_is_known_again_whatever_way_it_came() -> None:
    mark = letter_mark(HASH, SAID, "29-Nov-2026 01:02:03 +0000")
    assert mark == letter_mark(HASH, dict(reversed(SAID.items())), "")
    assert mark is not None
    assert len(mark) == 32


@pytest.mark.parametrize("name", ["message_id", "date", "subject", "text"])
def test_a_device_that_uses_one_id_for_all_its_letters_loses_none(name: str) -> None:
    assert letter_mark(HASH, {**SAID, name: "another"}, "") != letter_mark(HASH, SAID, "")


def test_a_letter_to_two_integrations_is_two() -> None:
    assert letter_mark(b"g" * 32, SAID, "") != letter_mark(HASH, SAID, "")


@pytest.mark.parametrize("name", ["message_id", "date"])
def test_without_id_or_date_it_is_known_by_when_it_arrived_else_not_at_all(name: str) -> None:
    bare = {**SAID, name: ""}
    first, second = "29-Nov-2026 01:02:03 +0000", "29-Nov-2026 01:02:04 +0000"
    assert letter_mark(HASH, bare, "") is None
    assert letter_mark(HASH, bare, first) == letter_mark(HASH, bare, first) != letter_mark(HASH, bare, second)


def test_which_mailboxes_are_ours() -> None:
    assert mailboxes_of(f"alerts={BOX}") == Mailboxes("", BOX)
    assert mailboxes_of(f"to=ack@in.example.com&alerts={BOX}") == Mailboxes("ack@in.example.com", BOX)


@pytest.mark.parametrize("query", ["", "to=", "alerts=nobody", "to=a+b@c.example", "to=A@b.c&alerts=a@b.c"])
def test_what_names_no_mailbox_is_said(query: str) -> None:
    with pytest.raises(ValueError):
        mailboxes_of(query)
