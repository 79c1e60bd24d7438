"""What paging's reasons say to people: refusals, and what became of each message."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.bundle import BundleReason
from muster.core.claim import ClaimReason
from muster.core.delivery import DeliveryRefusal, DeliveryState, ResultReason
from muster.core.hold import HoldReason
from muster.core.outcome import HastenReason
from muster.core.paging import PlanReason, SkipReason
from muster.core.ports.contact_form import FailureReason
from muster.core.retry import RetryReason
from muster.mobilize.paging.reasons import DeliveryStopped, Paging

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Paging.LINK_EXPIRED: (410, _("This link has expired. Sign in to see the alert.")),
    Paging.PAGE_NOT_FOUND: (404, _("There is no such page, or it is not yours to see.")),
    Paging.NOBODY_TO_PAGE: (422, _("Nobody stands behind %(target)s now. Choose somebody else.")),
    Paging.WEBHOOK_NOT_FOUND: (404, _("There is no such webhook.")),
    Paging.WEBHOOK_INVALID: (422, _("The webhook cannot be saved: %(problems)s.")),
    DeliveryRefusal.ALREADY_FINAL: (409, _("This message has ended already.")),
    DeliveryRefusal.ALREADY_THERE: (409, _("This message is there already.")),
    DeliveryRefusal.NO_SUCH_MOVE: (409, _("This message cannot do that now.")),
}

STATES: Mapping[DeliveryState, Any] = {
    DeliveryState.QUEUED: _("waits"),
    DeliveryState.SENDING: _("is being sent"),
    DeliveryState.RETRYING: _("failed and is tried again"),
    DeliveryState.ACCEPTED: _("accepted by the provider"),
    DeliveryState.DELIVERED: _("arrived"),
    DeliveryState.ACKNOWLEDGED: _("answered"),
    DeliveryState.FAILED: _("failed"),
    DeliveryState.FOLDED: _("bundled into another message"),
    DeliveryState.CANCELLED: _("no longer needed"),
}
"""Where a message stands."""

REASONS: Mapping[StrEnum, Any] = {
    PlanReason.CONTACT_RULES: _("by their own contact rules"),
    PlanReason.NO_RULES: _("they have no contact rules, so by everything that can reach them"),
    PlanReason.NO_USABLE_RULE: _("none of their contact rules works, so by everything that can reach them"),
    PlanReason.NO_CONTACT_METHOD: _("they have no contact method that works"),
    SkipReason.NO_SUCH_CONTACT: _("the rule names a contact method that is gone"),
    SkipReason.CONTACT_NOT_USABLE: _("the contact method is not verified"),
    ClaimReason.WANTED: _("it is wanted"),
    ClaimReason.LEASE_EXPIRED: _("whoever was sending it stopped, so it is sent again"),
    ClaimReason.NOT_DUE: _("it is not due yet"),
    ClaimReason.HELD_BY_ANOTHER: _("another worker is sending it"),
    ClaimReason.NOT_WAITING: _("it does not wait to be sent"),
    ClaimReason.SUBJECT_ACKNOWLEDGED: _("somebody acknowledged first"),
    ClaimReason.SUBJECT_RESOLVED: _("it was resolved first"),
    ClaimReason.SUBJECT_SUPPRESSED: _("the alert is held back"),
    ClaimReason.SUPERSEDED: _("people are paged afresh, by other messages"),
    ClaimReason.ATTEMPTS_SPENT: _("it failed too often"),
    ResultReason.FENCE_LOST: _("another worker has taken it over"),
    ResultReason.LEASE_RAN_OUT: _("the worker took too long"),
    ResultReason.NOT_SENDING: _("it was not being sent any more"),
    BundleReason.NOT_BUNDLED: _("sent by itself"),
    BundleReason.FIRST: _("the first of a minute goes at once"),
    BundleReason.DIGEST: _("bundled: at most one message a minute"),
    BundleReason.SEV1_JUMPS: _("a first SEV1 page never waits"),
    BundleReason.WAITS: _("waits for the minute's next message"),
    BundleReason.THROTTLED: _("waits: so many messages of what can wait came within the hour"),
    BundleReason.HANDED_ON: _("goes on with what was bundled behind a message that nobody needs any more"),
    HoldReason.URGENT: _("what is urgent never waits"),
    HoldReason.NOT_HELD: _("no hours of theirs hold it"),
    HoldReason.QUIET_HOURS: _("waits for the end of their quiet hours"),
    HoldReason.OUTSIDE_WORKING_HOURS: _("waits for their working hours"),
    RetryReason.BACK_OFF: _("tried again after a wait"),
    RetryReason.RETRY_AFTER: _("tried again when the provider asked for it"),
    RetryReason.RETRY_AFTER_BOUNDED: _("the provider asked for a longer wait than we allow"),
    RetryReason.GIVEN_UP: _("it failed too often"),
    RetryReason.PERMANENT: _("trying again cannot help"),
    HastenReason.CONTACT_BEFORE_FAILED: _("the contact method before it failed"),
    DeliveryStopped.ANSWERED: _("somebody answered"),
    DeliveryStopped.HELD_BACK: _("a rule holds it back now"),
    DeliveryStopped.ENDED: _("what it was about has ended"),
    FailureReason.NOT_CONFIGURED: _("this installation cannot send this kind of message"),
    FailureReason.BAD_CONTACT: _("the contact's values are not right"),
    FailureReason.TARGET_REFUSED: _("the address is private and not on the admin's list"),
    FailureReason.NAME_NOT_FOUND: _("the name of the server was not found"),
    FailureReason.CANNOT_CONNECT: _("the server does not answer"),
    FailureReason.TIMED_OUT: _("the server took too long"),
    FailureReason.TARGET_RESTING: _("the server failed just now and is left alone for a moment"),
    FailureReason.CONNECTION_LOST: _("the connection was lost"),
    FailureReason.TLS_FAILED: _("no secure connection could be made"),
    FailureReason.SIGN_IN_REFUSED: _("the server refused our sign-in"),
    FailureReason.RECIPIENT_REFUSED: _("the server refused the recipient"),
    FailureReason.RATE_LIMITED: _("the server asked us to slow down"),
    FailureReason.REFUSED: _("the server refused the message"),
    FailureReason.GONE: _("the address is gone"),
    FailureReason.SERVER_ERROR: _("the server failed"),
    FailureReason.UNEXPECTED_ANSWER: _("the server's answer was not understood"),
}
"""Why a person was paged as they were, and why a message was sent, waits, failed or was not needed."""

_BY_NAME: Mapping[str, Any] = {str(reason): words for reason, words in REASONS.items()}


def said(reason: str) -> str:
    """A stored reason in words; one that this version does not know is shown as it is stored."""
    return str(_BY_NAME.get(reason, reason.replace("_", " ")))
