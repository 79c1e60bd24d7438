"""Sends codes, and begins the rounds of test pages that are due."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from muster.core.permissions import system
from muster.core.ports.contact import Channels, Contact
from muster.core.ports.contact_form import Message
from muster.foundation.access.queries import now
from muster.foundation.timeline.crew import Crew
from muster.foundation.timeline.due import Due, Pool
from muster.mobilize.reach.commands import (
    ClaimedProof,
    begin_due_round,
    claim_proofs,
    record_proof,
    tell_of_unreachable,
)
from muster.mobilize.reach.models import Proof
from muster.mobilize.reach.queries import code_for
from muster.mobilize.reach.unready import unready

log = logging.getLogger(__name__)

SENDERS = 4
_ACTOR = system("send_due_codes")


def code_sender(channels: Channels) -> Crew[ClaimedProof]:
    """Sends codes with threads of its own, so that a hanging provider delays no page."""

    def claim(places: int) -> Sequence[ClaimedProof]:
        return claim_proofs(places, actor=_ACTOR, at=now())

    def send(claimed: ClaimedProof) -> None:
        proof = claimed.proof
        contact = Contact(str(proof.contact_id), proof.contact.kind, proof.contact.target)
        message = message_of(proof)
        connection.close()  # no connection is held while the provider takes its time
        result = channels.attempt(contact, message)
        record_proof(proof.pk, claimed.fence, result, actor=_ACTOR, at=now())

    return Crew("send-codes", SENDERS, claim, send)


def message_of(proof: Proof) -> Message:
    """The message that carries a code."""
    with translation.override(settings.LANGUAGE_CODE):
        code = code_for(proof)
        person = proof.contact.person
        summary = _("Your code is %(code)s") % {"code": code}
        return Message(
            key=f"proof-{proof.pk}-{proof.nonce}"[:64],
            delivery="",
            page="",
            person=person.handle,
            person_name=person.name,
            subject=f"proof-{proof.pk}",
            headline=summary,
            summary=summary,
            urgency="low",
            url=f"{settings.BASE_URL.rstrip('/')}/settings/me",
            created_at=proof.asked_at,
            lines=(_("Type it in Muster within 15 minutes to prove that this reaches you."),),
            open_label=_("Open your settings"),
            footer=_("Somebody gave this address in Muster. If it was not you, do nothing."),
            kind="code",
        )


def begin_due_rounds() -> int:
    """Begin the round of test pages that is due."""
    return begin_due_round(actor=system("begin_due_rounds"), at=now())


def warn_of_unreachable() -> int:
    """Tell of those who are on call within a week although nothing reaches them; returns 0: it waits on."""
    at = now()
    tell_of_unreachable(unready(at), actor=system("warn_of_unreachable"), at=at)
    return 0


DUE = (
    Due("begin_due_rounds", Pool.BACKGROUND, begin_due_rounds, every_s=10.0),
    Due("warn_of_unreachable", Pool.BACKGROUND, warn_of_unreachable, every_s=300.0),
)


def due_works(channels: Channels) -> tuple[Due, ...]:
    """The due work that needs channels; plugged in by the wiring."""
    return (Due("send_due_codes", Pool.BACKGROUND, code_sender(channels).run),)
