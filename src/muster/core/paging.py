"""How one person is paged: which contact, and when (design sections 7 and 13; R39-R41, R44).

A page is one step times one person. It runs the person's contact rules: an ordered list of deliveries, each
with the instant at which it is due. The life of one delivery (claim, lease, retry, result) stands in
`core.delivery`, what holds it in `core.hold`, how many become one message in `core.bundle`. Events whose
changes are made here:

    page.started       the person's contact rules begin (`deliveries` = how many; `reason` = by what rules)
    page.unreachable   the person has nothing that a page could go to: the escalation falls through
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from muster.core.change import Change
from muster.core.hold import ALWAYS, Beginning, PersonHours, begin_page
from muster.core.urgency import Urgency

DOUBLES_S = 0.25
"""How soon a worker that has just started may send twice as many messages at once."""


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

    Without deliveries the reason is NO_CONTACT_METHOD: the escalation falls through at once. `begins` is
    set where it waits for the person's hours.
    """

    deliveries: tuple[PlannedDelivery, ...]
    reason: PlanReason
    skipped: tuple[SkippedRule, ...] = ()
    begins: Beginning | None = None


def plan_deliveries(
    rules: Mapping[Urgency, Sequence[ContactRule]],
    contacts: Sequence[ContactMethod],
    urgency: Urgency,
    at: datetime,
    hours: PersonHours = ALWAYS,
) -> PagePlan:
    """The deliveries of a page of this urgency that is started at `at`; `hours` may hold what can wait.

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
    if not timed:
        return PagePlan((), PlanReason.NO_CONTACT_METHOD, tuple(skipped))
    begins = begin_page(urgency, hours, at)
    deliveries = tuple(
        PlannedDelivery(place, contact, begins.at + after)
        for place, (after, contact) in enumerate(timed, start=1)
    )
    return PagePlan(deliveries, reason, tuple(skipped), begins if begins.held else None)


def start_page(plan: PagePlan, urgency: Urgency) -> Change:
    """The event of a page that begins; its row's own columns are the caller's."""
    kind = "page.started" if plan.deliveries else "page.unreachable"
    facts: dict[str, object] = {
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
    if plan.begins is not None:
        facts |= {"begins_at": plan.begins.at, "held": plan.begins.reason}
    return Change(kind, {}, facts, reason=plan.reason)


def sent_at_once(seconds: float, most: int) -> int:
    """How many messages a worker may have in its hands so long after it began to look; `most` in the end.

    One first, twice as many after each `DOUBLES_S`: what it had in its hands when it died is sent again, and
    one that dies again and again repeats little (I6).
    """
    if seconds >= DOUBLES_S * most:
        return most
    return min(most, 1 << int(seconds / DOUBLES_S))
