"""The batched way in: many senders' signals become alerts in one transaction, before anybody gets a 2xx."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection

from muster.core.change import Change
from muster.core.intake import Episode, Fold, OpenAlert, OpenState, Outcome, Signal, SignalSeverity, fold
from muster.core.permissions import Actor, ActorKind
from muster.core.text import clean_json
from muster.detect.models import Alert, Integration
from muster.foundation.timeline.pen import command, json_text, record_many, touch

_SEEN_EVERY_S = 10
_RACES = 5


@dataclass(frozen=True, slots=True)
class Received:
    """What one request brought: the hash of its integration key and its signals in order."""

    key_hash: bytes
    kind: str
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one request: not `known` when its key is unknown or revoked, and nothing was kept."""

    known: bool
    dedup_keys: tuple[str, ...] = ()


@dataclass(slots=True)
class _Line:
    """The signals of one (scope, key), in order, and where each one's outcome goes."""

    integration: Integration
    signals: list[Signal]
    from_: list[Integration]
    fold: Fold | None = None
    alerts: list[Alert] = dataclasses.field(default_factory=list)


def receive_signals(batch: Sequence[Received]) -> list[Taken]:
    """Keep a batch of requests durably; returns when it is committed (design section 5).

    Two processes that open the same key at the same time: one of them finds the other's alert when it tries
    again, so that a key never has two open alerts.
    """
    if not batch:
        return []
    for attempt in range(1, _RACES + 1):
        try:
            return _receive(batch)
        except IntegrityError:
            if attempt == _RACES:
                raise
    raise AssertionError("unreachable")


@command
def _receive(batch: Sequence[Received]) -> list[Taken]:
    at, integrations = _integrations({received.key_hash for received in batch})
    lines: dict[tuple[str, str], _Line] = {}
    taken: list[Taken] = []
    for received in batch:
        integration = integrations.get(received.key_hash)
        if integration is None or (received.kind and integration.kind != received.kind):
            taken.append(Taken(known=False))
            continue
        for signal in received.signals:
            key = (f"service:{integration.service_id}", signal.dedup_key)
            line = lines.setdefault(key, _Line(integration, [], []))
            line.signals.append(signal)
            line.from_.append(integration)
        taken.append(Taken(True, tuple(signal.dedup_key for signal in received.signals)))
    _fold_onto_open(lines, at)
    _write_alerts(lines, at)
    _write_signals(lines.values(), at)
    _write_seen(integrations.values(), at)
    return taken


_BY_KEY = """
    SELECT now(), k.hash, i.id FROM unnest(%s::bytea[]) AS k(hash)
    LEFT JOIN detect_integration i ON i.retired_at IS NULL
        AND (i.key_hash = k.hash OR (i.old_key_hash = k.hash AND i.old_key_until > now()))
"""


def _integrations(hashes: set[bytes]) -> tuple[datetime, dict[bytes, Integration]]:
    """The keys are read anew in every batch, so that a revoked one is refused at once."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY, [sorted(hashes)])
        found = cursor.fetchall()
    at: datetime = found[0][0]
    ids = {bytes(hash_): id_ for _, hash_, id_ in found if id_ is not None}
    rows = Integration.objects.in_bulk(list(ids.values()))
    return at, {hash_: rows[id_] for hash_, id_ in ids.items()}


# Only what folding reads and `touch` writes: whole rows cost half of a batch's time.
_OPEN = """
    SELECT a.id, a.audience_id, a.dedup_scope, a.dedup_key, a.state, a.severity, a.fired_at, a.count,
        a.last_seen_at
    FROM unnest(%s::text[], %s::text[]) AS k(scope, key)
    JOIN detect_alert a ON a.dedup_scope = k.scope AND a.dedup_key = k.key AND a.state <> 'resolved'
    ORDER BY a.dedup_scope, a.dedup_key FOR NO KEY UPDATE OF a
"""


def _fold_onto_open(lines: dict[tuple[str, str], _Line], at: datetime) -> None:
    keys = sorted(lines)
    found = Alert.objects.raw(_OPEN, [[scope for scope, _ in keys], [key for _, key in keys]])
    current = {(alert.dedup_scope, alert.dedup_key): alert for alert in found}
    for key, line in lines.items():
        alert = current.get(key)
        line.fold = fold(_facts(alert), line.signals, at=at)
        line.alerts = [
            alert
            if alert is not None and episode.opened_by is None
            else _new_alert(key, line.integration, episode, at)
            for episode in line.fold.episodes
        ]


def _facts(alert: Alert | None) -> OpenAlert | None:
    if alert is None:
        return None
    return OpenAlert(OpenState(alert.state), SignalSeverity(alert.severity), alert.fired_at)


def _new_alert(key: tuple[str, str], integration: Integration, episode: Episode, at: datetime) -> Alert:
    signal = episode.opened_by
    assert signal is not None
    return Alert(
        dedup_scope=key[0],
        dedup_key=key[1],
        integration=integration,
        service_id=integration.service_id,
        source=signal.source,
        component=signal.component,
        labels=dict(signal.labels),
        links=[{"href": link.href, "text": link.text} for link in signal.links],
        group_key=signal.group_key,
        fired_at=episode.fired_at,
        count=max(episode.seen, 1),
        last_seen_at=episode.last_seen_at or at,
    )


def _write_alerts(lines: dict[tuple[str, str], _Line], at: datetime) -> None:
    """The n-th change of every row together: one row changes at most once per statement."""
    rounds: dict[tuple[int, int, bool], list[tuple[Alert, Change]]] = defaultdict(list)
    repeats: list[Alert] = []
    for line in lines.values():
        assert line.fold is not None
        offset = 0
        for alert, episode in zip(line.alerts, line.fold.episodes, strict=True):
            if episode.opened_by is None and episode.seen:
                _count(alert, episode)
                repeats.append(alert)
            for nth, change in enumerate(episode.changes):
                is_new = nth == 0 and episode.opened_by is not None
                extra = _routed(line.integration) if is_new else _ended(change, line.integration)
                rounds[(offset + nth, line.integration.pk, is_new)].append((alert, _with(change, extra)))
            offset += len(episode.changes)
    for (_, integration_id, _), work in sorted(rounds.items(), key=lambda item: item[0]):
        actor = Actor(kind=ActorKind.INTEGRATION, id=integration_id)
        record_many([alert for alert, _ in work], [change for _, change in work], actor=actor, at=at)
    touch(repeats, "count", "last_seen_at", "fired_at")


def _count(alert: Alert, episode: Episode) -> None:
    alert.count += episode.seen
    alert.last_seen_at = episode.last_seen_at or alert.last_seen_at
    alert.fired_at = episode.fired_at


def _routed(integration: Integration) -> dict[str, Any]:
    return {"payload": {"service": integration.service_id, "integration": integration.pk}}


def _ended(change: Change, integration: Integration) -> dict[str, Any]:
    by = f"integration:{integration.pk}"
    return {"set": {"resolved_by": by}} if change.kind == "alert.resolved" else {}


def _with(change: Change, extra: dict[str, Any]) -> Change:
    if not extra:
        return change
    return dataclasses.replace(
        change,
        set=dict(change.set) | extra.get("set", {}),
        payload=dict(change.payload) | extra.get("payload", {}),
    )


_KEEP = """
    INSERT INTO detect_signal
        (received_at, integration_id, alert_id, action, dedup_key, disposition, reason, raw)
    SELECT now(), integration_id, alert_id, action, dedup_key, disposition, reason, raw
    FROM jsonb_to_recordset(%s) AS s(integration_id bigint, alert_id bigint, action text, dedup_key text,
        disposition text, reason text, raw jsonb)
"""


def _write_signals(lines: Iterable[_Line], at: datetime) -> None:
    rows = [
        _signal_row(signal, integration, outcome, line)
        for line in lines
        if line.fold is not None
        for signal, integration, outcome in zip(line.signals, line.from_, line.fold.outcomes, strict=True)
    ]
    if not rows:
        return
    text = json_text(rows)
    if "\\u0000" in text:  # PostgreSQL's jsonb refuses NUL; such bodies are rare, so only they are cleaned
        text = json_text([row | {"raw": clean_json(row["raw"])} for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [text])


def _signal_row(signal: Signal, integration: Integration, outcome: Outcome, line: _Line) -> dict[str, Any]:
    return {
        "integration_id": integration.pk,
        "alert_id": None if outcome.episode is None else line.alerts[outcome.episode].pk,
        "action": signal.action.value,
        "dedup_key": signal.dedup_key,
        "disposition": outcome.disposition.value,
        "reason": outcome.reason.value,
        "raw": signal.raw if signal.raw is not None else {},
    }


def _write_seen(integrations: Iterable[Integration], at: datetime) -> None:
    stale = {
        row.pk: row
        for row in integrations
        if row.last_seen_at is None or (at - row.last_seen_at).total_seconds() > _SEEN_EVERY_S
    }
    for row in stale.values():
        row.last_seen_at = at
    touch(list(stale.values()), "last_seen_at")
