"""Codes: when one may be asked for, and what a typed one is (S56)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.proof import (
    CODE_LASTS,
    MOST_PER_CONTACT,
    MOST_PER_PERSON,
    MOST_TRIES,
    RESEND_AFTER,
    Proof,
    ProofAnswer,
    ProofRefusal,
    code_of,
    judge,
    require_may_ask,
)
from muster.core.refusal import Refused

T0 = datetime(2026, 1, 5, 3, tzinfo=UTC)
FRESH = Proof(T0 + CODE_LASTS, 0)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("proof", "given_", "at", "answer"),
    [
        (FRESH, "123456", T0, ProofAnswer.RIGHT),
        (FRESH, " 123 456 ", T0, ProofAnswer.RIGHT),
        (FRESH, "123457", T0, ProofAnswer.WRONG),
        (FRESH, "", T0, ProofAnswer.WRONG),
        (FRESH, "１２３４５６", T0, ProofAnswer.WRONG),
        (FRESH, "\ud800", T0, ProofAnswer.WRONG),
        (FRESH, "123456", T0 + CODE_LASTS - timedelta(microseconds=1), ProofAnswer.RIGHT),
        (FRESH, "123456", T0 + CODE_LASTS, ProofAnswer.EXPIRED),
        (Proof(T0 + CODE_LASTS, MOST_TRIES - 1), "123456", T0, ProofAnswer.RIGHT),
        (Proof(T0 + CODE_LASTS, MOST_TRIES), "123456", T0, ProofAnswer.TRIES_SPENT),
        (None, "123456", T0, ProofAnswer.NOT_ASKED),
    ],
)
def test_a_typed_code_is_judged(proof, given_, at, answer):
    assert judge(proof, given_, "123456", at) is answer


@given(st.text(min_size=32, max_size=60), st.integers(1, 2**60), st.text(max_size=30))
def test_a_code_is_six_digits_and_the_same_each_time(secret, proof_id, nonce):
    secret, nonce = (text.encode("utf-8", "replace").decode() for text in (secret, nonce))
    code = code_of(secret, proof_id, nonce)
    assert len(code) == 6
    assert code.isdecimal()
    assert code == code_of(secret, proof_id, nonce)


def test_another_nonce_number_or_secret_makes_another_code():
    codes = {code_of("s" * 40, n, f"nonce-{m}") for n in range(30) for m in range(30)}
    assert len(codes) > 890  # 900 of a million: some may meet by chance
    assert code_of("s" * 40, 1, "n") != code_of("t" * 40, 1, "n")


@pytest.mark.parametrize(
    ("contact", "person", "refusal"),
    [
        ([], [], None),
        ([T0 - RESEND_AFTER], [], None),
        ([T0 - RESEND_AFTER + timedelta(seconds=1)], [], ProofRefusal.TOO_SOON),
        ([T0 - MINUTE * n for n in range(1, MOST_PER_CONTACT)], [], None),
        ([T0 - MINUTE * n for n in range(1, MOST_PER_CONTACT + 1)], [], ProofRefusal.TOO_MANY),
        ([], [T0 - MINUTE * n for n in range(1, MOST_PER_PERSON + 1)], ProofRefusal.TOO_MANY),
    ],
)
def test_codes_are_not_sent_without_end(contact, person, refusal):
    if refusal is None:
        require_may_ask(contact, person, T0)
        return
    with pytest.raises(Refused) as refused:
        require_may_ask(contact, person, T0)
    assert refused.value.reason is refusal
