"""Whether somebody could be reached now, and how well that is proved (B9; requirements part 3, item 3).

Pure: the facts of one person in, what is lacking out, worst first. A contact counts as a way to reach
somebody when it is proved and nothing speaks against it: a message that failed does, until a later one
arrives or it is proved anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from muster.core.paging import ContactMethod, ContactRule, plan_deliveries
from muster.core.urgency import Urgency
from muster.core.wallclock import instant, wall_time, zone

REACHED_WITHIN: Final = timedelta(minutes=5)
"""By when a person's first urgent message must have left (R41: they have 5 to 15 minutes to answer)."""
PROOF_LASTS: Final = timedelta(days=35)
"""A monthly test page keeps a contact proved."""
RECEIPT_WITHIN: Final = timedelta(hours=24)
"""How long somebody may take to say that a test page reached them."""


class Lack(StrEnum):
    """What is wrong, worst first."""

    NO_CONTACT = "no_contact"
    NOTHING_PROVED = "nothing_proved"
    ALL_FAIL = "all_fail"
    LATE = "late"
    RULE_NAMES_NOTHING = "rule_names_nothing"
    CONTACT_STOPPED = "contact_stopped"
    MESSAGE_FAILED = "message_failed"
    TEST_FAILED = "test_failed"
    TEST_UNANSWERED = "test_unanswered"
    NEVER_PROVED = "never_proved"
    PROOF_OLD = "proof_old"
    NO_SECOND_CHANNEL = "no_second_channel"


UNREACHABLE: Final = frozenset({Lack.NO_CONTACT, Lack.NOTHING_PROVED, Lack.ALL_FAIL})


@dataclass(frozen=True, slots=True)
class Test:
    """The newest test page of a contact. `failed` is why it was not accepted, empty when it was or waits."""

    sent_at: datetime
    answered_at: datetime | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """One contact in use. `proved_at` is when a code or test page last came back, None when by word only.

    `failing` is why the last message to it failed, empty when it did not or the contact was proved since.
    """

    id: int
    kind: str
    name: str
    usable: bool
    stopped: str = ""
    proved_at: datetime | None = None
    test: Test | None = None
    failing: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One lack; `facts` are for its sentence (`contact`, `rule`, `minutes`, `why`)."""

    lack: Lack
    facts: Mapping[str, Any] = field(default_factory=dict)


def findings(
    contacts: Sequence[ContactFacts], rules: Mapping[Urgency, Sequence[ContactRule]], at: datetime
) -> tuple[Finding, ...]:
    """Everything that is lacking, worst first; nothing when the person is ready."""
    found: list[Finding] = []
    good = [contact for contact in contacts if contact.usable and not _fails(contact)]
    if not contacts:
        found.append(Finding(Lack.NO_CONTACT))
    elif not any(contact.usable for contact in contacts):
        found.append(Finding(Lack.NOTHING_PROVED))
    elif not good:
        found.append(Finding(Lack.ALL_FAIL))
    else:
        found += _late(good, rules, at)
        if len({contact.kind for contact in good}) == 1:
            found.append(Finding(Lack.NO_SECOND_CHANNEL, {"contact": good[0].name}))
    found += _idle_rules(contacts, rules)
    for contact in contacts:
        found += _of_contact(contact, at)
    order = list(Lack)
    return tuple(sorted(found, key=lambda one: order.index(one.lack)))


def is_reachable(found: Sequence[Finding]) -> bool:
    """Whether a page could reach this person at all."""
    return not any(one.lack in UNREACHABLE for one in found)


def _fails(contact: ContactFacts) -> bool:
    return bool(contact.failing) or (contact.test is not None and bool(contact.test.failed))


def _late(
    good: Sequence[ContactFacts], rules: Mapping[Urgency, Sequence[ContactRule]], at: datetime
) -> list[Finding]:
    methods = [ContactMethod(contact.id, contact.kind, contact.name) for contact in good]
    plan = plan_deliveries(rules, methods, Urgency.HIGH, at)
    first = min(delivery.due_at for delivery in plan.deliveries) - at
    if first <= REACHED_WITHIN:
        return []
    return [Finding(Lack.LATE, {"minutes": int(first.total_seconds() // 60)})]


def _idle_rules(
    contacts: Sequence[ContactFacts], rules: Mapping[Urgency, Sequence[ContactRule]]
) -> list[Finding]:
    usable = {contact.name for contact in contacts if contact.usable}
    named = dict.fromkeys(rule.use for listed in rules.values() for rule in listed)
    return [Finding(Lack.RULE_NAMES_NOTHING, {"rule": use}) for use in named if use not in usable]


def _of_contact(contact: ContactFacts, at: datetime) -> list[Finding]:
    facts = {"contact": contact.name}
    if contact.stopped:
        return [Finding(Lack.CONTACT_STOPPED, facts)]
    if not contact.usable:
        return []
    test = contact.test
    if test is not None and test.failed:
        return [Finding(Lack.TEST_FAILED, facts | {"why": test.failed})]
    if contact.failing:
        return [Finding(Lack.MESSAGE_FAILED, facts | {"why": contact.failing})]
    if test is not None and test.answered_at is None and at - test.sent_at >= RECEIPT_WITHIN:
        return [Finding(Lack.TEST_UNANSWERED, facts)]
    if contact.proved_at is None:
        return [Finding(Lack.NEVER_PROVED, facts)]
    if at - contact.proved_at > PROOF_LASTS:
        return [Finding(Lack.PROOF_OLD, facts)]
    return []


# Test pages by the calendar


def next_round(weekday: int, hour: int, every_weeks: int, zone_name: str, after: datetime) -> datetime:
    """The first instant after `after` at which the wall shows this hour of this weekday (0 is Monday).

    When that is today's hour that has passed, `every_weeks` weeks lie between: 1 is every week.
    """
    where = zone(zone_name)
    today = wall_time(after, where)
    days = timedelta(days=(weekday - today.weekday()) % 7)
    when = today.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0) + days
    if instant(when, where) <= after:
        when += timedelta(weeks=max(every_weeks, 1))
    return instant(when, where)
