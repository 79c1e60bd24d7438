"""Codes: asked for, sent by the rules of deliveries, and given back (design 13; S56)."""

import dataclasses
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from muster.core.change import Change
from muster.core.claim import Subject, may_claim
from muster.core.delivery import Accepted, Delivery, DeliveryState, record_result
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor
from muster.core.proof import CODE_LASTS, ProofAnswer, ProofRefusal, judge, require_may_ask
from muster.core.proof import Proof as Facts
from muster.core.refusal import Refused
from muster.core.retry import AttemptFailed
from muster.foundation.access.commands import verify_contact
from muster.foundation.access.models import Contact
from muster.foundation.access.reasons import NotFound
from muster.foundation.timeline.pen import command, lock, record, record_many
from muster.mobilize.reach.models import Proof
from muster.mobilize.reach.queries import asked_within_hour, code_for, open_proof

_DUE = """
    SELECT id FROM reach_proof WHERE (state IN ('queued', 'retrying') AND due_at <= now())
        OR (state = 'sending' AND lease_until <= now())
    ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class ClaimedProof:
    """A code that this worker may send now, with its fence."""

    proof: Proof
    fence: int


@command
def ask_for_code(contact_id: int, *, actor: Actor, at: datetime) -> Proof:
    """Have a code sent through one's own contact; an older one ends.

    Raises:
        Refused: somebody else's contact (as if there were none, also for admins), it is proved already, or
            codes were asked for too often.
    """
    contact = _own(contact_id, actor)
    if contact.verified_at is not None:
        raise Refused(ProofRefusal.PROVED_ALREADY)
    require_may_ask(*asked_within_hour(contact, at), at)
    older = open_proof(contact_id)
    if older is not None:
        record(older, Change("proof.ended", {"expires_at": min(older.expires_at, at)}), actor=actor, at=at)
    columns = {
        "contact_id": contact_id,
        "nonce": secrets.token_urlsafe(16),
        "asked_at": at,
        "expires_at": at + CODE_LASTS,
        "state": "queued",
        "due_at": at,
    }
    facts = {"contact": contact.name, "person": contact.person_id, "expires_at": at + CODE_LASTS}
    return record(Proof(), Change("proof.asked", columns, facts), actor=actor, at=at)


def _own(contact_id: int, actor: Actor) -> Contact:
    """The contact, locked; nobody but its person ever sees one here."""
    try:
        contact = lock(Contact, contact_id, seen_by=actor)
    except Contact.DoesNotExist:
        raise Refused(NotFound.CONTACT) from None
    if actor.id is None or actor.scope is not None or contact.person_id != actor.id or contact.retired_at:
        raise Refused(NotFound.CONTACT)
    return contact


@command
def give_code(contact_id: int, given: str, *, actor: Actor, at: datetime) -> ProofAnswer:
    """Judge a typed code; the right one proves the contact. A wrong one counts, so nothing is raised for it.

    Raises:
        Refused: somebody else's contact, as if there were none.
    """
    contact = _own(contact_id, actor)
    if contact.verified_at is not None:
        return ProofAnswer.RIGHT
    proof = open_proof(contact_id)
    facts = Facts(proof.expires_at, proof.tries) if proof is not None else None
    verdict = judge(facts, given, code_for(proof) if proof is not None else "", at)
    if proof is not None and verdict is ProofAnswer.WRONG:
        tried = Change("proof.tried", {"tries": proof.tries + 1}, {"tries": proof.tries + 1})
        record(proof, tried, actor=actor, at=at)
    if proof is not None and verdict is ProofAnswer.RIGHT:
        record(proof, Change("proof.given", {"given_at": at}), actor=actor, at=at)
        verify_contact(contact_id, actor=actor, at=at)
    return verdict


@command
def claim_proofs(limit: int, *, actor: Actor, at: datetime) -> list[ClaimedProof]:
    """Claim codes that are due, under a lease and a fence as deliveries are; ended ones are not sent."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [limit])
        ids = [row[0] for row in cursor.fetchall()]
    found = Proof.objects.select_related("contact__person").defer("contact__target")
    rows = list(found.filter(pk__in=ids).order_by("id"))
    decided = [(row, may_claim(_subject(row, at), _as_delivery(row), at=at)) for row in rows]
    moved = [(row, _named(answer.change), answer.may_send) for row, answer in decided if answer.change]
    record_many([row for row, _, _ in moved], [change for _, change, _ in moved], actor=actor, at=at)
    return [ClaimedProof(row, int(change.set["fence"])) for row, change, may_send in moved if may_send]


def _subject(row: Proof, at: datetime) -> Subject:
    over = at >= row.expires_at or row.contact.retired_at is not None or row.given_at is not None
    return Subject(AlertState.RESOLVED if over else AlertState.TRIGGERED)


def _as_delivery(row: Proof) -> Delivery:
    return Delivery(DeliveryState(row.state), row.due_at, row.attempts, row.fence, row.lease_until)


def _named(change: Change) -> Change:
    """The same change under this part's names: nothing is `cancelled` here, it fails with the reason."""
    verb = change.kind.partition(".")[2].replace("cancelled", "failed")
    return dataclasses.replace(change, kind=f"proof.{verb}")


@command
def record_proof(
    proof_id: int, fence: int, result: Accepted | AttemptFailed, *, actor: Actor, at: datetime
) -> Proof:
    """Record what one send brought; a worker that lost lease or fence changes nothing (I15)."""
    row = lock(Proof, proof_id)
    return record(row, _named(record_result(_as_delivery(row), fence, result, at=at)), actor=actor, at=at)
