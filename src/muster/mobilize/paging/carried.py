"""What one message carries (deliveries that were folded into it), and what left to each contact of late."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from muster.core.bundle import GATHERING, SENT_COUNTED, SENT_WITHIN, Sent, Waiting
from muster.core.claim import Subject, unwanted
from muster.core.delivery import DeliveryState
from muster.core.lifecycle import AlertState
from muster.core.urgency import Urgency
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import wanted_groups
from muster.mobilize.paging.models import Call, Delivery, Page

_SENT = """
    SELECT c.id, s.at, s.sev1 FROM unnest(%(contacts)s::bigint[]) AS c(id)
    CROSS JOIN LATERAL (
        SELECT claimed_at AS at, sev1 FROM paging_delivery
        WHERE contact_id = c.id AND claimed_at BETWEEN now() - %(within)s AND now()
            AND id <> ALL(%(besides)s)
        ORDER BY claimed_at DESC LIMIT %(counted)s
    ) s
"""
_GATHERING = """
    SELECT id, contact_id, due_at, urgency, sev1 FROM paging_delivery
    WHERE contact_id = ANY(%(contacts)s) AND state = 'queued' AND reason = ANY(%(reasons)s)
        AND due_at BETWEEN now() + %(at_least)s AND now() + %(at_most)s AND id <> ALL(%(besides)s)
    ORDER BY due_at FOR SHARE SKIP LOCKED
"""
_CARRIED = """
    WITH RECURSIVE carried AS (
        SELECT id, page_id, epoch, urgency, sev1, due_at, folded_into_id AS root FROM paging_delivery
        WHERE folded_into_id = ANY(%s)
        UNION ALL
        SELECT d.id, d.page_id, d.epoch, d.urgency, d.sev1, d.due_at, c.root
        FROM paging_delivery d JOIN carried c ON d.folded_into_id = c.id
    )
    SELECT c.root, c.id, c.page_id, p.about, c.epoch, c.urgency, c.sev1, c.due_at
    FROM carried c JOIN paging_page p ON p.id = c.page_id ORDER BY c.id
"""
JOINED_BEFORE = timedelta(seconds=2)
"""Nothing joins a delivery that is about to leave: whoever claims it must find it unlocked."""
TOLD_OF = 200
"""So many pages of one message are followed up together when it fails."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A delivery that another one carries."""

    id: int
    page: int
    about: str
    epoch: int
    waiting: Waiting


def sent_lately(contact_ids: Sequence[int], besides: Sequence[int] = ()) -> dict[int, Sent]:
    """What left to each of these contacts within the hour; `besides` are being claimed now (engine side)."""
    if not contact_ids:
        return {}
    asked: dict[str, Any] = {"contacts": list(contact_ids), "besides": list(besides)}
    with connection.cursor() as cursor:
        cursor.execute(_SENT, asked | {"within": SENT_WITHIN, "counted": SENT_COUNTED})
        rows = cursor.fetchall()
    found: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    for contact_id, at, sev1 in rows:
        found[contact_id].append((at, sev1))
    return {
        contact_id: Sent(tuple(at for at, _ in left), next((at for at, sev1 in left if sev1), None))
        for contact_id, left in found.items()
    }


def gathering(contact_ids: Sequence[int], besides: Sequence[int] = ()) -> dict[int, list[Waiting]]:
    """The deliveries behind which others may gather, by contact, held FOR SHARE: none leaves meanwhile.

    One that somebody claims is left out (engine side).
    """
    asked: dict[str, Any] = {"contacts": list(contact_ids), "besides": list(besides)}
    asked |= {"reasons": [reason.value for reason in GATHERING]}
    asked |= {"at_least": JOINED_BEFORE, "at_most": SENT_WITHIN}
    with connection.cursor() as cursor:
        cursor.execute(_GATHERING, asked)
        rows = cursor.fetchall()
    found: dict[int, list[Waiting]] = defaultdict(list)
    for pk, contact_id, due_at, urgency, sev1 in rows:
        found[contact_id].append(Waiting(pk, due_at, Urgency(urgency), sev1))
    return found


def carried_by(delivery_ids: Iterable[int]) -> dict[int, list[Carried]]:
    """What each of these carries and is still wanted, also by way of what it carries (engine side).

    Read without a lock: a message may name what was answered a moment ago, and claims nothing for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, [list(delivery_ids)])
        rows = cursor.fetchall()
    if not rows:
        return {}
    subjects = standing({row[3] for row in rows})
    answered = answered_pages({row[2] for row in rows})
    found: dict[int, list[Carried]] = defaultdict(list)
    for root, pk, page, about, epoch, urgency, sev1, due_at in rows:
        if page not in answered and unwanted(subjects[about], epoch) is None:
            waiting = Waiting(pk, due_at, Urgency(urgency), sev1)
            found[root].append(Carried(pk, page, about, epoch, waiting))
    return found


def pages_of_message(delivery_id: int) -> list[Page]:
    """The pages that one message told of: its own, and those that it carried (engine side).

    At most 200, the newest: beyond them each keeps its own times.
    """
    pages = {Delivery.objects.values_list("page_id", flat=True).get(pk=delivery_id)}
    pages |= {one.page for found in carried_by([delivery_id]).values() for one in found}
    return list(Page.objects.filter(pk__in=pages).order_by("-id")[:TOLD_OF])


def carrying_state(row: Delivery) -> DeliveryState:
    """The state that counts for a delivery: that of the one which carries it in the end."""
    while row.folded_into is not None:
        row = row.folded_into
    return DeliveryState(row.state)


def answered_pages(page_ids: Iterable[int]) -> set[int]:
    """The pages whose own person has answered, while others must too (engine side).

    Read after `standing`: whoever answers holds what the page is about, so their word is seen here or comes
    after.
    """
    pages = Page.objects.filter(pk__in=list(page_ids), acknowledged_at__isnull=False)
    return set(pages.values_list("id", flat=True))


def standing(abouts: Iterable[str], *, shared: bool = False) -> dict[str, Subject]:
    """What pages are about; `shared`: each held FOR SHARE, in (kind, id) order: calls, then groups (engine
    side).
    """
    numbers: dict[str, list[int]] = {"call": [], "group": []}
    for about in abouts:
        kind, _, number = about.partition(":")
        numbers[kind].append(int(number))
    calls = _states(Call._meta.db_table, numbers["call"], shared)
    groups = _states(AlertGroup._meta.db_table, numbers["group"], shared)
    wanted = wanted_groups(groups)
    found = {f"call:{pk}": Subject(AlertState(state), True, epoch) for pk, (state, epoch) in calls.items()}
    return found | {
        f"group:{pk}": Subject(AlertState(state), pk in wanted, epoch)
        for pk, (state, epoch) in groups.items()
    }


def _states(table: str, pks: Sequence[int], shared: bool) -> Mapping[int, tuple[str, int]]:
    if not pks:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, state, epoch FROM {table} WHERE id = ANY(%s) ORDER BY id"  # noqa: S608 - ours
            + (" FOR SHARE" if shared else ""),
            [list(pks)],
        )
        return {pk: (state, epoch) for pk, state, epoch in cursor.fetchall()}
