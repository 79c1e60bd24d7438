"""The short way of most signals: lone triggers onto alerts that are open, in one statement a batch.

It decides nothing on its own: what is a mere repeat says `core.intake.absorbing`, and what the statement does
not find in use, open and as severe it leaves untouched for `receive_signals`.

Few repeats are counted on their alerts at once. In a storm that would be most of the work, again and again on
the same alerts: the repeats of a large batch have their rows at once, and their numbers are noted beside.
`add_up_repeats` counts them on the alerts, about once a second.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from muster.core.intake import absorbing, latest_end, latest_firing
from muster.core.repeats import minute_of
from muster.core.signals import Action, Signal
from muster.detect.commands import intake_sql
from muster.detect.commands.intake import Received, Taken
from muster.detect.commands.intake_sql import RepeatedLine
from muster.detect.commands.sifting import SIEVE, Sieve, raw_of

_TRIGGER = Action.TRIGGER
_Key = tuple[bytes, str, str]
"""The hash of an integration's key, the kind of the door, and a deduplication key."""
Row = tuple[Any, ...]
Ask = Callable[[str, Mapping[str, Any], Callable[[Row | Exception], None]], None]
"""Runs a statement with these values, in a transaction of its own; tells its row, or what went wrong."""
Told = Callable[[Sequence[Taken | None] | Exception], None]

MANY = 8
"""So many lines in a batch are a storm: they are noted, and counted together with others."""
ADDED_UP, _TIMES = 1000, 10
"""Of so many batches the notes are counted in one transaction: few enough that nobody else is held up; and so
often at most one after the other, which is more than comes in a second. It is the engine that counts, because
rules ask how often an alert came."""


def count_repeats(batch: Sequence[Received], told: Told, *, ask: Ask) -> None:
    """Keep durably those requests that only repeat what is open; tells None for each of the others, in order.

    The others are for `receive_signals`, in the same order: what a batch says of one key goes one way. Tells
    what `ask` tells when nothing was kept.
    """
    at = SIEVE.now()
    found = _lone_triggers(batch, at) if at is not None else {}
    if at is None or not found:
        told([None] * len(batch))
        return
    sieve = SIEVE.following()
    try:
        lines, values = _question(batch, found, sieve, minute_of(at))
        statement = intake_sql.NOTE_DOWN if _is_storm(lines) else intake_sql.REPEAT
        ask(statement, values, functools.partial(_conclude, len(batch), found, sieve, told))
    except BaseException:
        SIEVE.drop(sieve)
        raise


def _conclude(
    requests: int, found: Mapping[_Key, Sequence[int]], sieve: Sieve, told: Told, answer: Row | Exception
) -> None:
    try:
        if isinstance(answer, Exception):
            raise answer
        committed_at, alerts = intake_sql.counted(answer)
    except Exception as error:  # noqa: BLE001 - whoever waits has it
        SIEVE.drop(sieve)
        told(error)
        return
    taken: list[Taken | None] = [None] * requests
    for n, ((key_hash, _, dedup_key), places) in enumerate(found.items()):
        if n in alerts:
            one = Taken(True, (dedup_key,), (alerts[n],), committed_at)
            for place in places:
                taken[place] = one
        else:
            sieve.forget((key_hash, dedup_key))
    SIEVE.remember(sieve, committed_at)
    told(taken)


def add_up_repeats() -> int:
    """Count on the alerts what a storm only noted; returns of how many batches (engine side)."""
    done = 0
    for _ in range(_TIMES):
        with transaction.atomic():
            found = intake_sql.add_up(ADDED_UP)
        done += found
        if found < ADDED_UP:
            break
    return done


def _question(
    batch: Sequence[Received], found: Mapping[_Key, Sequence[int]], sieve: Sieve, minute: int
) -> tuple[Sequence[RepeatedLine], Mapping[str, Any]]:
    senders: dict[tuple[bytes, str], int] = {}
    lines: list[RepeatedLine] = []
    for n, ((key_hash, kind, dedup_key), places) in enumerate(found.items()):
        sender, sieved = senders.setdefault((key_hash, kind), len(senders)), (key_hash, dedup_key)
        signals = [batch[place].signals[0] for place in places]
        bodies = []
        for signal in signals:
            raw = raw_of(signal)
            if sieve.keeps(sieved, raw, minute):
                bodies.append(msgspec.Raw(raw))
        lines.append(_line(n, sender, dedup_key, signals, bodies))
    return lines, intake_sql.repeats(senders, lines)


def _is_storm(lines: Sequence[RepeatedLine]) -> bool:
    """Whether there are many lines that bring nothing but their number."""
    return len(lines) >= MANY and all(line.fired_at is None and line.holds_until is None for line in lines)


def _line(
    n: int, sender: int, dedup_key: str, signals: Sequence[Signal], bodies: list[msgspec.Raw]
) -> RepeatedLine:
    times, absorbs = len(signals), len(absorbing(signals))
    fired_at, holds_until = signals[0].occurred_at, signals[0].holds_until
    if times > 1:
        fired_at, holds_until = latest_firing(signals, fired_at), latest_end(signals, holds_until)
    unkept = times - len(bodies)
    return RepeatedLine(n, sender, dedup_key, absorbs, bodies, times, fired_at, holds_until, unkept)


def _lone_triggers(batch: Sequence[Received], at: datetime) -> dict[_Key, list[int]]:
    """Where requests of one trigger stand; none under a key of which the batch says anything else."""
    found: dict[_Key, list[int]] = {}
    others: set[str] = set()
    for place, received in enumerate(batch):
        signals = received.signals
        lone = signals[0] if len(signals) == 1 else None
        if lone is None or lone.action is not _TRIGGER or _is_over(lone, at):
            others.update([signal.dedup_key for signal in signals])
            continue
        found.setdefault((received.key_hash, received.kind, lone.dedup_key), []).append(place)
    return {key: places for key, places in found.items() if key[2] not in others} if others else found


def _is_over(signal: Signal, at: datetime) -> bool:
    return signal.holds_until is not None and signal.holds_until <= at
