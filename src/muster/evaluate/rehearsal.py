"""What signals would bring about if they came now: read, folded and decided, and nothing is written.

The same pure rules as on the real way (`core.intake`, `core.evaluation`), on the rows as they stand. A new
alert is judged as the first under its key: earlier ones are not counted towards a rule that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from muster.core.decision import Decision
from muster.core.evaluation import evaluate
from muster.core.intake import Episode, OpenAlert, OpenState, Outcome, fold, settled
from muster.core.permissions import Actor
from muster.core.signals import Signal, SignalSeverity
from muster.detect.models import Alert, Integration
from muster.detect.queries import open_under
from muster.evaluate.models import Decision as Made
from muster.evaluate.rulebook import Rulebook, rulebook
from muster.evaluate.surroundings import rules_beside, views_of


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one signal: `alert` is the open one that it concerns, if the actor may see it.

    `decision` is what would be decided about that alert, or about a new one; None when none is left open.
    """

    signal: Signal
    outcome: Outcome
    alert: Alert | None
    decision: Decision | None


def foresee(
    integration: Integration, signals: Sequence[Signal], *, actor: Actor, at: datetime
) -> list[Foreseen]:
    """One answer for each signal, in order."""
    book = rulebook(at)
    signals = [settled(signal, at) for signal in signals]
    by_key: dict[str, list[int]] = {}
    for place, signal in enumerate(signals):
        by_key.setdefault(signal.dedup_key, []).append(place)
    standing = open_under(integration, by_key)
    found: dict[int, Foreseen] = {}
    for key, places in by_key.items():
        row = standing.get(key)
        folded = fold(_facts(row), [signals[place] for place in places], at=at)
        decisions = [_decided(one, row, integration, book, at) for one in folded.episodes]
        for place, outcome in zip(places, folded.outcomes, strict=True):
            old = row if outcome.episode == 0 and folded.episodes[0].opened_by is None else None
            decision = None if outcome.episode is None else decisions[outcome.episode]
            found[place] = Foreseen(signals[place], outcome, _shown(old, actor), decision)
    return [found[place] for place in range(len(signals))]


def _facts(row: Alert | None) -> OpenAlert | None:
    if row is None:
        return None
    return OpenAlert(OpenState(row.state), SignalSeverity(row.severity), row.fired_at, row.holds_until)


def _decided(
    episode: Episode, row: Alert | None, integration: Integration, book: Rulebook, at: datetime
) -> Decision | None:
    """What would be decided about an alert that is left open."""
    last = {name: value for change in episode.changes for name, value in change.set.items()}
    if last.get("state") == "resolved":
        return None
    if episode.opened_by is not None:
        view = book.view(_new(episode.opened_by, integration, episode.seen, at))
    else:
        assert row is not None
        paged = Made.objects.filter(alert=row, group__isnull=False).values_list("alert_id", flat=True)
        [view] = views_of(book, [row], paged, at).values()
        view = replace(view, count=view.count + episode.seen)
    view = replace(view, severity=last.get("severity", view.severity))
    return evaluate(view, rules_beside(book, [view]), at=at)


def _new(signal: Signal, integration: Integration, seen: int, at: datetime) -> Alert:
    return Alert(
        integration_id=integration.pk,
        service_id=integration.service_id,
        severity=signal.severity.value,
        summary=signal.summary,
        source=signal.source,
        component=signal.component,
        labels=dict(signal.labels),
        group_key=signal.group_key,
        opened_at=at,
        count=seen,
    )


def _shown(row: Alert | None, actor: Actor) -> Alert | None:
    """The alert, if the actor may see it: that something is open under the key is told in any case."""
    if row is None or (row.audience_id not in actor.audiences and not actor.sees_everything):
        return None
    return row


def as_json(decision: Decision) -> dict[str, Any]:
    """The decision as it would be stored; a group that does not exist yet has no key."""
    said = decision.as_json()
    for step in said["steps"]:
        if step["detail"].get("group_key") == "alert:None":
            step["detail"] = {}
    return {name: value for name, value in said.items() if name != "group_key"}
