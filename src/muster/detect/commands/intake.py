"""The batched way in: many senders' signals become alerts in one transaction, before anybody gets a 2xx."""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import DataError, IntegrityError

from muster.core.change import Change
from muster.core.intake import Episode, IntakeReason, OpenAlert, OpenState, fold, settled
from muster.core.permissions import Actor, ActorKind
from muster.core.signals import Action, Signal, SignalSeverity
from muster.core.text import clean_json
from muster.core.unreadable import Unreadable, unreadable
from muster.detect.commands import intake_sql
from muster.detect.commands.changes import note_changes
from muster.detect.commands.intake_sql import Open, Sender, Target
from muster.detect.commands.sifting import SIEVE, Line, Sieve, remember
from muster.detect.commands.unreadable import keep_unreadable
from muster.detect.models import Alert, Integration
from muster.foundation.failpoints import fail_point
from muster.foundation.timeline.pen import command, record_many, touch

_SEEN_EVERY_S = 10
_RACES = 5


class Received(msgspec.Struct, frozen=True):
    """What one request brought: the hash of its integration key and its signals in order.

    Or no signal, and what could not be read in their place. Where `whole` is set, its one signal was read at
    a glance (`Door.glance`), and `whole` reads it in full.
    """

    key_hash: bytes
    kind: str
    signals: tuple[Signal, ...]
    unread: Unreadable | None = None
    whole: Callable[[], Sequence[Signal]] | None = None


class Taken(msgspec.Struct, frozen=True):
    """What became of one request: not `known` when its key is unknown or revoked, and nothing was kept.

    One key and one alert for each signal, in order; the alert is 0 where a signal concerned none.
    """

    known: bool
    dedup_keys: tuple[str, ...] = ()
    alerts: tuple[int, ...] = ()
    at: datetime | None = None


_UNKNOWN = Taken(known=False)


UNFIT = (DataError, ValueError, ArithmeticError, RecursionError)
"""The errors by which a signal, and not the database, is to blame."""


def remains_of(received: Received) -> Received | None:
    """What to keep in the place of a request that the database refuses; None when that is such a rest."""
    if received.unread is not None:
        return None
    body = json.dumps([clean_json(signal.raw) for signal in received.signals], default=str).encode()
    rest = unreadable(IntakeReason.CANNOT_BE_STORED, body)
    return Received(received.key_hash, received.kind, (), rest)


def is_severe(received: Received) -> bool:
    """Whether a request tells of something critical: it finds room where others are asked to wait."""
    return any(
        signal.severity is SignalSeverity.CRITICAL and signal.action is Action.TRIGGER
        for signal in received.signals
    )


def receive_signals(batch: Sequence[Received]) -> list[Taken]:
    """Keep a batch of requests durably; returns when it is committed (design section 5).

    Two processes that open the same key at the same time: one of them finds the other's alert when it tries
    again, so that a key never has two open alerts.
    """
    if not batch:
        return []
    fail_point("F1")
    read = [_in_full(received) for received in batch]
    for attempt in range(1, _RACES + 1):
        try:
            taken, sieve, at = _receive(read)
        except IntegrityError:
            if attempt == _RACES:
                raise
        else:
            remember(sieve, at)
            return taken
    raise AssertionError("unreachable")


def _in_full(received: Received) -> Received:
    if received.whole is None:
        return received
    return msgspec.structs.replace(received, signals=tuple(received.whole()), whole=None)


@command
def _receive(batch: Sequence[Received]) -> tuple[list[Taken], Sieve, datetime]:
    at, senders = intake_sql.senders({received.key_hash for received in batch})
    lines: dict[tuple[str, str], Line] = {}
    placed: list[list[tuple[Line, int]] | None] = []
    unread: list[tuple[Sender, Unreadable]] = []
    for received in batch:
        sender = senders.get(received.key_hash)
        if sender is None or (received.kind and sender.kind != received.kind):
            placed.append(None)
            continue
        places: list[tuple[Line, int]] = []
        placed.append(places)
        if received.unread is not None:
            unread.append((sender, received.unread))
        for signal in received.signals:
            key = (sender.scope, signal.dedup_key)
            line = lines.get(key)
            if line is None:
                line = lines[key] = Line(key, (received.key_hash, signal.dedup_key))
            places.append((line, len(line.signals)))
            line.signals.append(signal if signal.holds_until is None else settled(signal, at))
            line.senders.append(sender)
    _fold_onto_open(lines, at)
    fail_point("R3")
    sieve = SIEVE.fresh()
    kept = [one for line in lines.values() for one in sieve.sift(line, at)]
    repeats = _write_alerts(lines.values(), at)
    intake_sql.keep(kept, repeats)
    note_changes(lines.values(), at)
    if unread:
        keep_unreadable(unread, at)
    _write_seen(senders.values(), at)
    taken = [_UNKNOWN if places is None else _taken(places, at) for places in placed]
    fail_point("F2")
    return taken, sieve, at


def _taken(places: Sequence[tuple[Line, int]], at: datetime) -> Taken:
    keys = tuple([line.key[1] for line, _ in places])
    return Taken(True, keys, tuple([line.alert_of(nth) for line, nth in places]), at)


_STATES = {state.value: state for state in OpenState}
_SEVERITIES = {severity.value: severity for severity in SignalSeverity}


def _fold_onto_open(lines: dict[tuple[str, str], Line], at: datetime) -> None:
    current = intake_sql.open_alerts(sorted(lines))
    for key, line in lines.items():
        found = current.get(key)
        folded = fold(_facts(found), line.signals, at=at)
        line.outcomes = folded.outcomes
        line.targets = [
            Target(_alert(key, line.senders[0], found, episode, at), episode) for episode in folded.episodes
        ]


def _facts(found: Open | None) -> OpenAlert | None:
    if found is None:
        return None
    return OpenAlert(_STATES[found.state], _SEVERITIES[found.severity], found.fired_at, found.holds_until)


def _alert(
    key: tuple[str, str], sender: Sender, found: Open | None, episode: Episode, at: datetime
) -> Alert | Open:
    """The row that an episode is about. One that only counts up needs no Django object, which costs 20 µs."""
    signal = episode.opened_by
    if signal is None:
        assert found is not None
        return found if not episode.changes else Alert(pk=found.pk, audience_id=found.audience_id)
    return Alert(
        dedup_scope=key[0],
        dedup_key=key[1],
        integration_id=sender.id,
        service_id=sender.service_id,
        source=signal.source,
        component=signal.component,
        labels=dict(signal.labels),
        links=[{"href": link.href, "text": link.text} for link in signal.links],
        group_key=signal.group_key,
        description=signal.description,
        tags=list(signal.tags),
        vendor=dict(signal.vendor or {}),
        fired_at=episode.fired_at,
        holds_until=episode.holds_until,
        count=max(episode.seen, 1),
        last_seen_at=episode.last_seen_at or at,
    )


def _write_alerts(lines: Iterable[Line], at: datetime) -> list[Target]:
    """The n-th change of every row together: one row changes at most once per statement.

    Rows that were there before bring only the columns that they change, so those of one statement change the
    same. Returns what is left to count on rows that were there before.
    """
    rounds: dict[tuple[int, bool, tuple[str, ...]], list[tuple[Alert, Change, Actor]]] = defaultdict(list)
    repeats: list[Target] = []
    for line in lines:
        offset = 0
        for target in line.targets:
            alert, episode = target.alert, target.episode
            if episode.opened_by is not None and isinstance(alert, Alert):
                alert.unkept = target.unkept
            elif episode.seen:
                repeats.append(target)
            for nth, change in enumerate(episode.changes):
                assert isinstance(alert, Alert)
                sender = line.senders[0]
                is_new = nth == 0 and episode.opened_by is not None
                extra = _routed(sender) if is_new else _ended(change, sender)
                done = _with(change, extra)
                columns = () if is_new else tuple(sorted(done.set))
                actor = Actor(kind=ActorKind.INTEGRATION, id=sender.id)
                rounds[(offset + nth, is_new, columns)].append((alert, done, actor))
            offset += len(episode.changes)
    for _, work in sorted(rounds.items(), key=lambda item: item[0]):
        alerts, changes, actors = zip(*work, strict=True)
        record_many(alerts, changes, actor=actors, at=at)
    return repeats


def _routed(sender: Sender) -> dict[str, Any]:
    return {"payload": {"service": sender.service_id, "integration": sender.id}}


def _ended(change: Change, sender: Sender) -> dict[str, Any]:
    return {"set": {"resolved_by": f"integration:{sender.id}"}} if change.kind == "alert.resolved" else {}


def _with(change: Change, extra: dict[str, Any]) -> Change:
    if not extra:
        return change
    return dataclasses.replace(
        change,
        set=dict(change.set) | extra.get("set", {}),
        payload=dict(change.payload) | extra.get("payload", {}),
    )


def _write_seen(senders: Iterable[Sender], at: datetime) -> None:
    stale = {
        sender.id: Integration(pk=sender.id, last_seen_at=at)
        for sender in senders
        if sender.last_seen_at is None or (at - sender.last_seen_at).total_seconds() > _SEEN_EVERY_S
    }
    touch(list(stale.values()), "last_seen_at")
