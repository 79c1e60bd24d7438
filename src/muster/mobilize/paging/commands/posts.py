"""Posts: what steps tell webhooks. Claimed under a lease and a fence, recorded after the send, as pages are.

They are no pages: what becomes of them holds no ladder up.
"""

import dataclasses
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from muster.core.change import Change
from muster.core.claim import may_claim
from muster.core.delivery import DeliveryState, record_result
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.pen import command, lock_many, record_many
from muster.mobilize.paging.carried import standing
from muster.mobilize.paging.commands.deliveries import SendResult
from muster.mobilize.paging.facts import facts_of
from muster.mobilize.paging.models import Post, Webhook

_DUE = """
    SELECT id FROM paging_post
    WHERE (state IN ('queued', 'retrying') AND due_at <= now())
        OR (state = 'sending' AND lease_until <= now())
    ORDER BY due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Telling:
    """Which webhook a step of an escalation tells, and about what."""

    webhook: int
    about: str
    escalation: int
    epoch: int
    round: int
    step: int
    urgency: Urgency
    incident: int | None = None


@command
def start_posts(tellings: Sequence[Telling], *, actor: Actor, at: datetime) -> list[Post]:
    """Queue what these webhooks are told, each once per step; one that is retired is told nothing more."""
    live = set(
        Webhook.objects.filter(pk__in={one.webhook for one in tellings}, retired_at__isnull=True).values_list(
            "id", flat=True
        )
    )
    wanted = [one for one in dict.fromkeys(tellings) if one.webhook in live]
    posts = record_many(
        [Post() for _ in wanted],
        [_queued(one, at) for one in wanted],
        actor=actor,
        at=at,
        incidents=[one.incident for one in wanted],
    )
    if wanted:
        wake_after_commit(Hint.DUE)
    return list(posts)


def _queued(telling: Telling, at: datetime) -> Change:
    columns: dict[str, Any] = {
        "webhook_id": telling.webhook,
        "about": telling.about,
        "escalation": telling.escalation,
        "epoch": telling.epoch,
        "round": telling.round,
        "step": telling.step,
        "urgency": telling.urgency.value,
        "key": secrets.token_hex(16),
        "state": DeliveryState.QUEUED.value,
        "due_at": at,
        "created_at": at,
    }
    told = ("about", "escalation", "epoch", "round", "step")
    facts = {"webhook": telling.webhook} | {name: columns[name] for name in told}
    return Change("post.queued", columns, facts)


@command
def claim_posts(limit: int, *, actor: Actor, at: datetime) -> list[Post]:
    """Claim due posts; what each is about is re-read FOR SHARE, so that whoever acknowledged first wins."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [limit])
        ids = [row[0] for row in cursor.fetchall()]
    rows = list(Post.objects.select_related("webhook").filter(pk__in=ids).order_by("id"))
    subjects = standing({row.about for row in rows}, shared=True) if rows else {}
    verdicts = {
        row.pk: may_claim(
            subjects[row.about], facts_of(row), at=at, contact_usable=row.webhook.retired_at is None
        )
        for row in rows
    }
    changes = {pk: verdict.change for pk, verdict in verdicts.items() if verdict.change is not None}
    moved = [row for row in rows if row.pk in changes]
    record_many(moved, [of_post(changes[row.pk]) for row in moved], actor=actor, at=at)
    return [row for row in rows if verdicts[row.pk].may_send]


@command
def record_posts(sent: Sequence[SendResult], *, actor: Actor, at: datetime) -> list[Post]:
    """Record what sends brought; a worker that lost lease or fence changes nothing (I15)."""
    by_id = {one.delivery_id: one for one in sent}
    rows = lock_many(Post, by_id)
    changes = [
        of_post(record_result(facts_of(row), by_id[row.pk].fence, by_id[row.pk].result, at=at))
        for row in rows
    ]
    record_many(rows, changes, actor=actor, at=at)
    return list(rows)


def of_post(change: Change) -> Change:
    """The same rules as for a delivery, told of a post."""
    return dataclasses.replace(change, kind=change.kind.replace("delivery.", "post.", 1))
