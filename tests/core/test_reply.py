"""Replies by e-mail: whose they are, and whether a person wrote them (RFC 3834)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.reply import LASTS, Answered, Reply, ReplyAnswer, address_with, judge, read, token_of

T0 = datetime(2026, 1, 5, 3, tzinfo=UTC)
MAILBOX = "ack@reply.example.com"
GOOD = Reply("t", ("ana@example.com",), automatic=False)
SENT = Answered("Ana@Example.com", proved=True, sent_at=T0)


def letter(*headers: str, body: str = "On it") -> bytes:
    return "\r\n".join(["From: Ana <ana@example.com>", "Subject: Re: x", *headers, "", body]).encode()


@pytest.mark.parametrize(
    ("headers", "envelope", "automatic"),
    [
        ((), "ana@example.com", False),
        (("Auto-Submitted: no",), "ana@example.com", False),
        (("In-Reply-To: <x@y>", "References: <x@y>"), "ana@example.com", False),
        (("Auto-Submitted: auto-replied",), "ana@example.com", True),
        (("Auto-Submitted: auto-replied; owner=x",), "ana@example.com", True),
        (("auto-submitted: Auto-Generated",), "ana@example.com", True),
        (("Precedence: bulk",), "ana@example.com", True),
        (("Precedence: auto_reply",), "ana@example.com", True),
        (("X-Autoreply: yes",), "ana@example.com", True),
        (("List-Id: <l.example.com>",), "ana@example.com", True),
        (("Content-Type: multipart/report; report-type=delivery-status",), "ana@example.com", True),
        ((), "", True),
        ((), "<>", True),
    ],
)
def test_a_machine_acknowledges_nothing(headers, envelope, automatic):
    assert read(letter(*headers), envelope, "t").automatic is automatic


@pytest.mark.parametrize(
    ("reply", "answered", "at", "verdict"),
    [
        (GOOD, SENT, T0, None),
        (GOOD, SENT, T0 + LASTS - timedelta(seconds=1), None),
        (GOOD, SENT, T0 + LASTS, ReplyAnswer.TOO_LATE),
        (GOOD, None, T0, ReplyAnswer.TOKEN_UNKNOWN),
        (GOOD, replace(SENT, address="ben@example.com"), T0, ReplyAnswer.WRONG_SENDER),
        (GOOD, replace(SENT, proved=False), T0, ReplyAnswer.CONTACT_NOT_PROVED),
        (replace(GOOD, senders=()), SENT, T0, ReplyAnswer.WRONG_SENDER),
        (replace(GOOD, senders=("ana@example.com", "eve@example.com")), SENT, T0, ReplyAnswer.WRONG_SENDER),
        (replace(GOOD, automatic=True), SENT, T0, ReplyAnswer.AUTOMATIC),
    ],
)
def test_a_reply_counts_from_the_very_address_and_in_time(reply, answered, at, verdict):  # S17
    assert judge(reply, answered, at) is verdict


@pytest.mark.parametrize(
    ("recipient", "token"),
    [
        ("ack+12.abc@reply.example.com", "12.abc"),
        ("ACK+12.ABC@Reply.Example.COM", "12.abc"),
        ("ack@reply.example.com", None),
        ("ack+@reply.example.com", None),
        ("ack+1@other.example.com", None),
        ("bck+1@reply.example.com", None),
        ("", None),
        ("@", None),
    ],
)
def test_only_our_own_addresses_hold_a_token(recipient, token):
    assert token_of(recipient, MAILBOX) == token


def test_the_address_reads_back():
    assert token_of(address_with("12.abc", MAILBOX), MAILBOX) == "12.abc"


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_whatever_comes_in_is_read_without_a_fault(content, envelope):
    assert read(content, envelope, "t").token == "t"


def test_a_letter_of_boundless_depth_is_a_machines():
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    )
    assert read(b"From: a@b.example\r\n" + deep, "a@b.example", "t").token == "t"
