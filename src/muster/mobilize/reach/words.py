"""What proofs, test pages and readiness say to people."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.delivery import WAITING, DeliveryState
from muster.core.proof import ProofAnswer, ProofRefusal
from muster.core.readiness import Finding, Lack
from muster.mobilize.paging import words as paging
from muster.mobilize.reach.reasons import Testing

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    ProofRefusal.TOO_SOON: (429, _("A code was sent just now. Ask again in %(seconds)s s.")),
    ProofRefusal.TOO_MANY: (429, _("Too many codes were asked for. Try again in an hour.")),
    ProofRefusal.PROVED_ALREADY: (409, _("This contact method is proved already.")),
    ProofAnswer.WRONG: (422, _("That is not the code. Look again, or ask for another.")),
    ProofAnswer.EXPIRED: (422, _("That code is too old. Ask for another.")),
    ProofAnswer.TRIES_SPENT: (422, _("That code was mistyped too often. Ask for another.")),
    ProofAnswer.NOT_ASKED: (422, _("No code was sent yet. Ask for one first.")),
    Testing.NOTHING_TO_TEST: (422, _("There is no proved contact method to test.")),
    Testing.TOO_MANY: (429, _("There were many test pages just now. Try again in a few minutes.")),
    Testing.PLAN_INVALID: (
        422,
        _("A plan has a weekday from 0 (Monday) to 6, an hour from 0 to 23, 1-12 weeks."),
    ),
}

_LACKS: Mapping[Lack, Any] = {
    Lack.NO_CONTACT: _("no contact method"),
    Lack.NOTHING_PROVED: _("no contact method that is proved"),
    Lack.ALL_FAIL: _("no contact method that works: the last messages failed"),
    Lack.LATE: _("told after %(minutes)s min at the earliest, however urgent"),
    Lack.RULE_NAMES_NOTHING: _("a rule for %(rule)s, which reaches nothing"),
    Lack.CONTACT_STOPPED: _("%(contact)s has ended: its provider no longer knows it"),
    Lack.MESSAGE_FAILED: _("%(contact)s failed its last message: %(why)s"),
    Lack.TEST_FAILED: _("%(contact)s failed its last test page: %(why)s"),
    Lack.TEST_UNANSWERED: _("%(contact)s had a test page that was never answered"),
    Lack.NEVER_PROVED: _("%(contact)s was never shown to arrive"),
    Lack.PROOF_OLD: _("%(contact)s was not shown to arrive for five weeks"),
    Lack.NO_SECOND_CHANNEL: _("only %(contact)s: no second way"),
}


def rest_of(good: Sequence[str]) -> str:
    """What still reaches somebody who has lost one of their ways: the names of the contacts that work."""
    if not good:
        return str(_("Nothing else reaches you: no page would arrive. Add or prove a contact method now."))
    return str(_("Pages still reach you by %(ways)s.")) % {"ways": ", ".join(good)}


def test_note(state: DeliveryState, reason: str, *, worker: bool) -> str:
    """Why a test page that was not sent was not; empty when it was. Nothing is sent without a worker."""
    if state is DeliveryState.FAILED:
        return paging.said(reason)
    if state in (*WAITING, DeliveryState.SENDING) and not worker:
        return str(_("not sent yet: no worker is running"))
    return ""


def said(finding: Finding) -> str:
    """What is lacking, without whose it is: for a chip, or after a person's name."""
    facts = dict(finding.facts)
    if "why" in facts:
        facts["why"] = paging.said(str(facts["why"]))
    return str(_LACKS[finding.lack]) % facts
