"""How one person is paged: which contact, when, and what is bundled (design sections 7 and 13; R39-R41, R44).

A page is one step times one person. It runs the person's contact rules: an ordered list of deliveries, each
with the instant at which it is due. The life of one delivery (claim, lease, retry, result) stands in
`core.delivery`. Events whose changes are made here:

    page.started       the person's contact rules begin (`deliveries` = how many; `reason` = by what rules)
    page.unreachable   the person has nothing that a page could go to: the escalation falls through
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.calendar import Calendar
from muster.core.change import Change
from muster.core.urgency import Urgency

DIGEST_EVERY: Final = timedelta(minutes=1)
"""How often a contact that a person reads may be written to, after the first page."""


@dataclass(frozen=True, slots=True)
class ContactMethod:
    """One way to reach a person; `name` is unique per person. `usable`: verified, and not retired."""

    id: int | str
    kind: str
    name: str
    usable: bool = True


@dataclass(frozen=True, slots=True)
class ContactRule:
    """`after` the page began, use the contact of this name."""

    after: timedelta
    use: str


class PlanReason(StrEnum):
    """By what a page's deliveries were chosen."""

    CONTACT_RULES = "contact_rules"
    NO_RULES = "no_rules"
    NO_USABLE_RULE = "no_usable_rule"
    NO_CONTACT_METHOD = "no_contact_method"


class SkipReason(StrEnum):
    """Why a contact rule makes no delivery."""

    NO_SUCH_CONTACT = "no_such_contact"
    CONTACT_NOT_USABLE = "contact_not_usable"


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One message to one contact. `place` counts from 1 and is unique within the page."""

    place: int
    contact: ContactMethod
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SkippedRule:
    """A rule that makes no delivery, and why; its time goes to the next rule that can be used."""

    rule: ContactRule
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A page's deliveries in the order they are due, and why these.

    Without deliveries the reason is NO_CONTACT_METHOD: the escalation falls through at once.
    """

    deliveries: tuple[PlannedDelivery, ...]
    reason: PlanReason
    skipped: tuple[SkippedRule, ...] = ()


def plan_deliveries(
    rules: Mapping[Urgency, Sequence[ContactRule]],
    contacts: Sequence[ContactMethod],
    urgency: Urgency,
    at: datetime,
) -> PagePlan:
    """The deliveries of a page of this urgency that begins at `at`.

    A person without rules for the urgency, or whose rules name nothing usable, is reached by every usable
    contact at once. A rule that cannot be used does not delay the others: the next usable rule takes its
    time.
    """
    chosen = sorted(rules.get(urgency, ()), key=lambda rule: rule.after)
    by_name = {contact.name: contact for contact in contacts}
    timed: list[tuple[timedelta, ContactMethod]] = []
    skipped: list[SkippedRule] = []
    inherited: timedelta | None = None
    for rule in chosen:
        contact = by_name.get(rule.use)
        if contact is None or not contact.usable:
            missing = SkipReason.NO_SUCH_CONTACT if contact is None else SkipReason.CONTACT_NOT_USABLE
            skipped.append(SkippedRule(rule, missing))
            inherited = rule.after if inherited is None else inherited
            continue
        timed.append((rule.after if inherited is None else inherited, contact))
        inherited = None
    reason = PlanReason.CONTACT_RULES
    if not timed:
        timed = [(timedelta(0), contact) for contact in contacts if contact.usable]
        reason = PlanReason.NO_USABLE_RULE if chosen else PlanReason.NO_RULES
    deliveries = tuple(
        PlannedDelivery(place, contact, at + after) for place, (after, contact) in enumerate(timed, start=1)
    )
    return PagePlan(deliveries, reason if deliveries else PlanReason.NO_CONTACT_METHOD, tuple(skipped))


def start_page(plan: PagePlan, urgency: Urgency) -> Change:
    """The event of a page that begins; its row's own columns are the caller's."""
    kind = "page.started" if plan.deliveries else "page.unreachable"
    facts = {
        "urgency": urgency,
        "deliveries": [
            {
                "place": each.place,
                "contact": each.contact.id,
                "kind": each.contact.kind,
                "due_at": each.due_at,
            }
            for each in plan.deliveries
        ],
        "skipped": [{"use": each.rule.use, "reason": each.reason} for each in plan.skipped],
    }
    return Change(kind, {}, facts, reason=plan.reason)


# Quiet and working hours, and throttles: for what can wait only; nothing urgent passes here


class HoldReason(StrEnum):
    """Why a page begins when it does."""

    URGENT = "urgent_never_waits"
    NOT_HELD = "not_held"
    QUIET_HOURS = "quiet_hours"
    OUTSIDE_WORKING_HOURS = "outside_working_hours"


@dataclass(frozen=True, slots=True)
class PersonHours:
    """When somebody wants to hear of what can wait: not in `quiet`, and only in `working`. None: always."""

    working: Calendar | None = None
    quiet: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a page's contact rules begin, and why then."""

    at: datetime
    reason: HoldReason


_HOURS_TRIED = 60
"""Working hours that lie wholly in quiet hours would never begin: after so many days it begins anyway."""


def begin_page(urgency: Urgency, hours: PersonHours, at: datetime) -> Beginning:
    """When a page of this urgency begins for a person with these hours: an urgent one at once, always (R44).

    What can wait is held until working hours open and quiet hours are over.
    """
    if urgency is Urgency.HIGH:
        return Beginning(at, HoldReason.URGENT)
    begins, reason = at, HoldReason.NOT_HELD
    for _ in range(_HOURS_TRIED):
        if hours.working is not None and not hours.working.is_open(begins):
            begins, reason = hours.working.next_opening(begins), HoldReason.OUTSIDE_WORKING_HOURS
        if hours.quiet is None or not hours.quiet.is_open(begins):
            return Beginning(begins, reason)
        begins, reason = hours.quiet.closing(begins), HoldReason.QUIET_HOURS
    return Beginning(at, HoldReason.NOT_HELD)


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `messages` to one contact within `per`."""

    messages: int
    per: timedelta


LOW_THROTTLE: Final = Throttle(6, timedelta(hours=1))
"""Somebody who gets more than this of what can wait stops reading it."""


def throttled_until(
    urgency: Urgency, sent_at: Iterable[datetime], at: datetime, throttle: Throttle = LOW_THROTTLE
) -> datetime | None:
    """When the next message may go to a contact that was sent to at these instants; None: now.

    Nothing urgent is ever throttled here: bundling alone gathers it, and lets a first SEV1 page pass.
    """
    if urgency is Urgency.HIGH:
        return None
    within = sorted(when for when in sent_at if at - throttle.per < when <= at)
    if len(within) < throttle.messages:
        return None
    return within[len(within) - throttle.messages] + throttle.per


# Bundling: the first page at once, then at most one digest a minute (design section 7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A due delivery of one (person, contact), as bundling sees it."""

    id: int
    due_at: datetime
    urgency: Urgency
    sev1: bool = False


class BundleReason(StrEnum):
    """Why deliveries go now, together or not."""

    NOT_BUNDLED = "not_bundled"
    FIRST = "first"
    DIGEST = "digest"
    SEV1_JUMPS = "sev1_jumps"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Bundle:
    """`send` goes now and carries `folded`; both are empty with WAITS: nothing goes before `not_before`.

    `send` has several members only with NOT_BUNDLED: each goes by itself.
    """

    send: tuple[Waiting, ...]
    folded: tuple[Waiting, ...]
    reason: BundleReason
    not_before: datetime | None = None


def is_bundled(*, read_by_person: bool, asked_for: bool) -> bool:
    """Whether a contact's pages are gathered: where a person reads them, or where the contact says so."""
    return read_by_person or asked_for


def bundle(
    waiting: Iterable[Waiting],
    *,
    bundled: bool,
    last_sent_at: datetime | None,
    last_sev1_sent_at: datetime | None,
    at: datetime,
) -> Bundle:
    """What goes out now of the due deliveries of one (person, contact); at least one is given.

    Nothing sent within the last minute: everything goes, the most urgent and newest delivery carrying the
    rest. Within it: a first SEV1 page (none sent within the minute) goes at once and by itself; the rest
    waits.
    """
    ranked = sorted(waiting, key=_precedence)
    if not bundled:
        return Bundle(tuple(ranked), (), BundleReason.NOT_BUNDLED)
    if last_sent_at is None or at - last_sent_at >= DIGEST_EVERY:
        reason = BundleReason.FIRST if len(ranked) == 1 else BundleReason.DIGEST
        return Bundle((ranked[0],), tuple(ranked[1:]), reason)
    jumps = last_sev1_sent_at is None or at - last_sev1_sent_at >= DIGEST_EVERY
    if ranked[0].sev1 and jumps:
        return Bundle((ranked[0],), (), BundleReason.SEV1_JUMPS)
    return Bundle((), (), BundleReason.WAITS, last_sent_at + DIGEST_EVERY)


def _precedence(delivery: Waiting) -> tuple[bool, int, float, int]:
    """Sorts SEV1 first, then high urgency, then the freshest (reliability I12)."""
    return (not delivery.sev1, -delivery.urgency.rank, -delivery.due_at.timestamp(), -delivery.id)
