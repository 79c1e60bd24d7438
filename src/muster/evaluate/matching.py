"""Which alerts that are open now some matchers catch: before a silence is made, and when it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from muster.core.evaluation import as_shown
from muster.core.intake import META_SCOPE
from muster.core.lifecycle import AlertState
from muster.core.matchers import Matcher, all_match
from muster.core.permissions import Actor
from muster.core.silence import Caught
from muster.detect.models import Alert
from muster.evaluate.rulebook import rulebook

LOOKED_AT = 5000
"""So many open alerts at most are asked, the newest."""
EXAMPLES = 5
CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Matched:
    """The open alerts that are caught: how many, of which services, how many of them critical, the newest.

    Not `whole` where more are open than were asked.
    """

    alerts: int = 0
    services: tuple[str, ...] = ()
    critical: int = 0
    examples: tuple[dict[str, Any], ...] = field(default=())
    whole: bool = True

    @property
    def caught(self) -> Caught:
        """The numbers that are kept."""
        return Caught(self.alerts, len(self.services))


def matching_now(
    actor: Actor, matchers: Sequence[Matcher], at: datetime, services: Collection[str] = ()
) -> Matched:
    """The open alerts of this actor that all matchers match, on these services where any are named."""
    book = rulebook(at)
    rows = Alert.objects.visible_to(actor).exclude(state=AlertState.RESOLVED)
    still = rows.exclude(dedup_scope=META_SCOPE).order_by("-id")
    asked = list(still[: LOOKED_AT + 1])
    where: set[str] = set()
    alerts = critical = 0
    examples: list[dict[str, Any]] = []
    for row in asked[:LOOKED_AT]:
        home = book.view(row)
        view = as_shown(home, book.rules, at=at)
        if services and view.service not in services and home.service not in services:
            continue
        if not all_match(matchers, view):
            continue
        alerts += 1
        critical += view.severity == CRITICAL
        where.add(view.service)
        if len(examples) < EXAMPLES:
            facts = {"id": row.public_id, "summary": view.summary, "service": view.service}
            examples.append(facts | {"severity": view.severity, "opened_at": row.opened_at})
    return Matched(alerts, tuple(sorted(where)), critical, tuple(examples), len(asked) <= LOOKED_AT)
