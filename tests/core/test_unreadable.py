"""What is kept of a payload that nobody understands: bounded, clean, without the key (I1, I23, I24)."""

import base64
from datetime import UTC, datetime

import msgspec
import pytest

from muster.core import unreadable as rules
from muster.core.intake import IntakeReason
from muster.core.unreadable import KEPT_BYTES, unreadable

KEY = "k" * 32


def test_json_is_kept_as_json_with_what_is_wrong_with_it() -> None:
    kept = unreadable(IntakeReason.NOT_UNDERSTOOD, b'{"alerts": 7}', errors=["'alerts' must be a list"])
    assert kept.as_json() == {
        "errors": ["'alerts' must be a list"],
        "size_bytes": 13,
        "form": "json",
        "cut": False,
        "body": {"alerts": 7},
    }
    assert kept.in_words() == "'alerts' must be a list"


def test_text_is_kept_as_text_and_bytes_as_base64() -> None:
    text = unreadable(IntakeReason.NOT_JSON, '{"a": "b"c"} é'.encode())
    assert (text.form, text.body, text.in_words()) == ("text", '{"a": "b"c"} é', "not json")
    raw = unreadable(IntakeReason.NOT_JSON, b"\xff\xfe\x00")
    assert (raw.form, base64.b64decode(raw.body)) == ("base64", b"\xff\xfe\x00")


@pytest.mark.parametrize(
    "body", [b"x" * 5_000_000, b"\xff" * 5_000_000, b'{"a": "' + b"x" * 5_000_000 + b'"}']
)
def test_what_is_kept_is_bounded_and_its_size_is_told(body: bytes) -> None:
    for reason in (IntakeReason.NOT_JSON, IntakeReason.NOT_UNDERSTOOD):
        kept = unreadable(reason, body)
        assert kept.cut
        assert kept.size_bytes == len(body)
        assert len(msgspec.json.encode(kept.as_json())) < KEPT_BYTES * 1.5


@pytest.mark.parametrize("form", [b'{"routing_key": "%s"}', b"%s", b'{"a": {"b": ["%s"]}}', b"key=%s&x=1"])
def test_the_key_is_never_kept(form: bytes) -> None:
    for reason in (IntakeReason.NOT_JSON, IntakeReason.NOT_UNDERSTOOD):
        kept = unreadable(reason, form.replace(b"%s", KEY.encode()), secret=KEY)
        assert KEY not in str(kept.as_json())
        assert "<your key>" in str(kept.as_json())


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b"[" * 10_000,
        b'{"a": 1e400}',
        b"\x00",
        b"",
        b"null",
    ],
)
def test_whatever_comes_can_be_written_as_json_without_nul(body: bytes) -> None:
    kept = unreadable(IntakeReason.NOT_UNDERSTOOD, body, errors=["\x00\ud800\n" * 1000] * 100)
    text = msgspec.json.encode(kept.as_json())
    assert b"\\u0000" not in text
    assert len(kept.errors) <= 20
    assert all(len(error) <= 300 and "\n" not in error for error in kept.errors)


def test_one_alert_stands_for_an_integration_and_an_hour() -> None:
    at = datetime(2026, 11, 28, 23, 59, tzinfo=UTC)
    assert rules.about("am", at) == "am:2026-11-28T23"
    assert len(rules.summary("am", unreadable(IntakeReason.NOT_JSON, b"x", errors=["y" * 5000]))) <= 300


@pytest.mark.parametrize(
    "body",
    [
        b'{"check": {"ping_url": "%s", "name": "x"}}',
        b'{"check": {"ping_url" : "%s',
        b'{"check": {"ping_url": "%s", "name": "x"',
        b'{"filler": "' + b"y" * 20_000 + b'", "ping_url": "%s"}',
    ],
)
def test_members_with_secrets_are_not_kept(body: bytes) -> None:
    secret = b'https://hc.example/abc\\"def'
    for reason in (IntakeReason.NOT_JSON, IntakeReason.NOT_UNDERSTOOD):
        kept = unreadable(reason, body.replace(b"%s", secret), names=("ping_url", "channels"))
        assert "hc.example" not in str(kept.as_json())
        assert "def" not in str(kept.as_json())
        assert "y" * 1000 in str(kept.as_json()) or "<not kept>" in str(kept.as_json())


def test_a_character_that_our_own_cut_parts_does_not_make_bytes_of_text() -> None:
    kept = unreadable(IntakeReason.NOT_JSON, "€".encode() * 100_000)
    assert (kept.form, kept.cut) == ("text", True)
    assert unreadable(IntakeReason.NOT_JSON, "€".encode()[:2]).form == "base64"
