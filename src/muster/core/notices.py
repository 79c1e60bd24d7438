"""Words to somebody that are no pages: by which of their ways, and when (R41, R44).

A notice goes by the person's own rules for what can wait, to the first way that takes it. Their quiet and
working hours hold it, unless it would then come too late to be of use.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from muster.core.hold import PersonHours, begin_page
from muster.core.paging import ContactMethod, ContactRule, plan_deliveries
from muster.core.urgency import Urgency


def ways(
    rules: Mapping[Urgency, Sequence[ContactRule]],
    contacts: Sequence[ContactMethod],
    at: datetime,
    besides: Collection[int | str] = (),
) -> list[ContactMethod]:
    """By what to tell somebody, first to last; `besides` are the contacts that do not work.

    Ways that their rules do not name come last: rather told by an odd way than not at all.
    """
    working = [contact for contact in contacts if contact.usable and contact.id not in besides]
    by_rule = [each.contact for each in plan_deliveries(rules, working, Urgency.LOW, at).deliveries]
    return list(dict.fromkeys([*by_rule, *working]))


def notice_due(hours: PersonHours, at: datetime, before: datetime | None = None) -> datetime:
    """When a notice leaves: after the hours that hold it, but at once where that would be `before` or later.

    Without `before` it can wait as long as they want.
    """
    begins = begin_page(Urgency.LOW, hours, at).at
    return at if before is not None and begins >= before else begins
