"""Proof that a contact is somebody's own: a code sent through it and typed back (reliability S56; R41, B9).

The code itself is nowhere kept: it is computed from the proof's nonce and the installation's secret, here
when it is sent and again when it is compared. A code lasts a quarter of an hour and bears five tries; what a
person may ask for in an hour is limited, so that nobody's address can be bombed with codes.

Events: `proof.asked`, `proof.tried` (a wrong code), `proof.given` (the right one), `proof.ended` (a newer one
took its place); those of its sending bear the names of `core.delivery` with `proof.` in front.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.refusal import Refused

CODE_LASTS: Final = timedelta(minutes=15)
MOST_TRIES: Final = 5
RESEND_AFTER: Final = timedelta(seconds=30)
MOST_PER_CONTACT: Final = 5
MOST_PER_PERSON: Final = 10
"""Codes in one hour."""
HOUR: Final = timedelta(hours=1)


class ProofRefusal(StrEnum):
    """Why no code is sent now."""

    TOO_SOON = "code_too_soon"
    TOO_MANY = "code_too_many"
    PROVED_ALREADY = "contact_proved_already"


class ProofAnswer(StrEnum):
    """What a typed code was."""

    RIGHT = "code_right"
    WRONG = "code_wrong"
    EXPIRED = "code_expired"
    TRIES_SPENT = "code_tries_spent"
    NOT_ASKED = "code_not_asked"


@dataclass(frozen=True, slots=True)
class Proof:
    """The newest code of a contact that was not given yet."""

    expires_at: datetime
    tries: int


def code_of(secret: str, proof_id: int, nonce: str) -> str:
    """The six digits of a proof."""
    digest = hmac.digest(secret.encode(), f"proof:{proof_id}:{nonce}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def require_may_ask(
    contact_asked_at: Sequence[datetime], person_asked_at: Sequence[datetime], at: datetime
) -> None:
    """Raise Refused with a ProofRefusal when a code may not be asked for at `at`.

    Both lists hold when codes were asked for within the last hour, in any order.
    """
    if contact_asked_at and at < max(contact_asked_at) + RESEND_AFTER:
        wait = max(contact_asked_at) + RESEND_AFTER - at
        raise Refused(ProofRefusal.TOO_SOON, {"seconds": int(wait.total_seconds()) + 1})
    if len(contact_asked_at) >= MOST_PER_CONTACT or len(person_asked_at) >= MOST_PER_PERSON:
        raise Refused(ProofRefusal.TOO_MANY)


def judge(proof: Proof | None, given: str, right: str, at: datetime) -> ProofAnswer:
    """What a typed code is; compared in constant time, blanks within it do not matter."""
    if proof is None:
        return ProofAnswer.NOT_ASKED
    if proof.tries >= MOST_TRIES:
        return ProofAnswer.TRIES_SPENT
    if at >= proof.expires_at:
        return ProofAnswer.EXPIRED
    typed = "".join(given.split()).encode("utf-8", "replace")
    return ProofAnswer.RIGHT if hmac.compare_digest(typed, right.encode()) else ProofAnswer.WRONG
