"""The only writers of proofs and test pages."""

from muster.mobilize.reach.commands.lost import note_lost_contact, tell_of_leaving, tell_of_unreachable
from muster.mobilize.reach.commands.plan import begin_due_round, change_plan
from muster.mobilize.reach.commands.proofs import (
    ClaimedProof,
    ask_for_code,
    claim_proofs,
    give_code,
    record_proof,
)
from muster.mobilize.reach.commands.testing import send_test_pages

__all__ = [
    "ClaimedProof",
    "ask_for_code",
    "begin_due_round",
    "change_plan",
    "claim_proofs",
    "give_code",
    "note_lost_contact",
    "record_proof",
    "send_test_pages",
    "tell_of_leaving",
    "tell_of_unreachable",
]
