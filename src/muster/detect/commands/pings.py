"""What jobs say, many at once, and what the clock says of those that are silent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from django.db.models import Q

from muster.core.heartbeats import PingKind, missed, pinged, spared
from muster.core.permissions import Actor, ActorKind
from muster.core.text import clean_text
from muster.detect.commands import intake_sql
from muster.detect.commands.beating import locked, tell, timing, told, turn_to
from muster.detect.commands.intake import Received
from muster.detect.commands.intake_sql import Sender
from muster.detect.models import HEARTBEAT_KIND, Heartbeat, Ping
from muster.detect.queries import beat_of, rhythm_of_row
from muster.foundation.timeline.pen import command, touch

KEPT = 100
"""So many pings of a heartbeat are kept."""
BODY_LIMIT_CHARS = 10_000
NAMING_KIND = "opsgenie"
"""The kind of integration whose key may ping by name: what is of its own service, or was made through its
protocol, whose senders know one key for the organisation."""


class Said(msgspec.Struct, frozen=True):
    """What one request says: the hash of its key, and what happened.

    The key is the heartbeat's own, or with a `name` that of an integration that may ping by name.
    """

    key_hash: bytes
    kind: PingKind
    exit_status: int | None = None
    body: str = ""
    name: str | None = None


class Heard(StrEnum):
    """What became of a ping; nothing is kept of one that finds no heartbeat."""

    KEPT = "kept"
    KEY_UNKNOWN = "key_unknown"
    NAME_UNKNOWN = "name_unknown"


@command
def receive_pings(batch: Sequence[Said]) -> list[Heard]:
    """Keep a batch of pings durably; returns when it is committed.

    They come together, at the top of the minute, so they are written together: three statements and one for
    the history, whatever their number; an event only where a state changes.
    """
    at, senders = intake_sql.senders({said.key_hash for said in batch})
    rows = _found(senders, batch)
    outcomes: list[Heard] = []
    signals: list[Received] = []
    pings: list[Ping] = []
    heard: dict[int, Heartbeat] = {}
    for said in batch:
        sender = senders.get(said.key_hash)
        row = _meant(said, sender, rows) if sender is not None else None
        if row is None:
            outcomes.append(_unheard(said, sender))
            continue
        signals += _hear(row, said, at=at)
        pings.append(_kept(row, said, at))
        heard[row.pk] = row
        outcomes.append(Heard.KEPT)
    touch(list(heard.values()), *Heartbeat.touched)
    _keep(pings)
    tell(signals)
    return outcomes


_Place = tuple[int, str | None]
"""An integration of a heartbeat; or a service (0 for whichever), and the name of a heartbeat."""
_ANY = 0


def _meant(said: Said, sender: Sender, rows: Mapping[_Place, Heartbeat]) -> Heartbeat | None:
    if sender.kind != _kind(said):
        return None
    if said.name is None:
        return rows.get((sender.id, None))
    return rows.get((sender.service_id, said.name)) or rows.get((_ANY, said.name))


def _found(senders: Mapping[bytes, Sender], batch: Iterable[Said]) -> dict[_Place, Heartbeat]:
    """The heartbeats that may be meant, locked. A key opens what its kind opens, and nothing else."""
    ways_in = [one.id for one in senders.values() if one.kind == HEARTBEAT_KIND]
    may_name = any(one.kind == NAMING_KIND for one in senders.values())
    names = {said.name for said in batch if said.name is not None} if may_name else set()
    if not ways_in and not names:
        return {}
    found: dict[_Place, Heartbeat] = {}
    for row in locked(Q(integration__in=ways_in) | Q(name__in=names)):
        found[(row.integration_id, None)] = row
        found[(row.integration.service_id, row.name)] = row
        if row.made_by == NAMING_KIND:
            found.setdefault((_ANY, row.name), row)
    return found


def _kind(said: Said) -> str:
    return HEARTBEAT_KIND if said.name is None else NAMING_KIND


def _unheard(said: Said, sender: Sender | None) -> Heard:
    is_known = sender is not None and sender.kind == _kind(said) and said.name is not None
    return Heard.NAME_UNKNOWN if is_known else Heard.KEY_UNKNOWN


def _hear(row: Heartbeat, said: Said, *, at: datetime) -> list[Received]:
    """Let a heartbeat hear; what it says to the intake. Without an event, it is touched with the others."""
    turn = pinged(beat_of(row), said.kind, at=at)
    if said.kind in (PingKind.SUCCESS, PingKind.FAIL):
        row.last_ping_at = at
    if turn.change is not None:
        actor = Actor(kind=ActorKind.INTEGRATION, id=row.integration_id)
        turn_to(row, turn, actor=actor, at=at)
    else:
        for name, value in timing(row, turn.beat).items():
            setattr(row, name, value)
    if turn.action is None:
        return []
    return [told(row, turn.action, turn.why, exit_status=said.exit_status)]


def _kept(row: Heartbeat, said: Said, at: datetime) -> Ping:
    row.pings += 1
    is_end = said.kind in (PingKind.SUCCESS, PingKind.FAIL)
    return Ping(
        heartbeat_id=row.pk,
        slot=row.pings % KEPT,
        number=row.pings,
        kind=said.kind,
        at=at,
        exit_status=said.exit_status,
        took=row.took if is_end else None,
        body=clean_text(said.body[:BODY_LIMIT_CHARS]),
    )


def _keep(pings: Iterable[Ping]) -> None:
    """The newest take the places of the oldest."""
    newest = {(ping.heartbeat_id, ping.slot): ping for ping in pings}
    Ping.objects.bulk_create(
        newest.values(),
        update_conflicts=True,
        unique_fields=["heartbeat", "slot"],
        update_fields=["number", "kind", "at", "exit_status", "took", "body"],
    )


@command
def keep_past_pings(
    heartbeat_id: int, pings: Sequence[tuple[PingKind, datetime]], *, actor: Actor, at: datetime
) -> None:
    """Keep pings as they were, oldest first, for imports and the demo; jobs come in through `receive_pings`.

    No alert is opened or ended for them.
    """
    [row] = locked(Q(pk=heartbeat_id))
    kept: list[Ping] = []
    for kind, when in pings:
        said = Said(b"", kind)
        _hear(row, said, at=when)
        kept.append(_kept(row, said, when))
    touch([row], *Heartbeat.touched)
    _keep(kept)


@command
def judge_heartbeats(ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Open the alerts of those among these heartbeats that did not report in time; at most 200 at once.

    One that has reported in the meantime, or that another worker has judged, is left alone.
    """
    signals: list[Received] = []
    for row in locked(Q(pk__in=ids)):
        turn = missed(beat_of(row), rhythm_of_row(row), at=at)
        if turn is None:
            _set_due(row)
            continue
        turn_to(row, turn, actor=actor, at=at)
        if turn.action is not None:
            signals.append(told(row, turn.action, turn.why))
    tell(signals)


def _set_due(row: Heartbeat) -> None:
    """Nothing is due: newer zone data, or a ping, moved the time."""
    due = timing(row, beat_of(row))["due_at"]
    if row.due_at != due:
        row.due_at = due
        touch([row], "due_at")


@command
def spare_heartbeats(ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Nobody could hear these jobs for a while: each has its grace once more; at most 200 at once."""
    rows = locked(Q(pk__in=ids, due_at__isnull=False))
    for row in rows:
        for name, value in timing(row, spared(beat_of(row), rhythm_of_row(row), at=at)).items():
            setattr(row, name, value)
    touch(rows, "spared_until", "due_at")
