"""The short way of most signals: lone triggers onto alerts that are open, in one statement a batch.

It decides nothing on its own: what is a mere repeat says `core.intake.absorbing`, and what the statement does
not find in use, open and as severe it leaves untouched for `receive_signals`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from muster.core.intake import absorbing, latest_end, latest_firing
from muster.core.repeats import minute_of
from muster.core.signals import Action, Signal
from muster.detect.commands import intake_sql
from muster.detect.commands.intake import Received, Taken
from muster.detect.commands.intake_sql import RepeatedBody, RepeatedLine
from muster.detect.commands.sifting import SIEVE, raw_of, remember

_Key = tuple[bytes, str, str]
"""The hash of an integration's key, the kind of the door, and a deduplication key."""


class Repeats:
    """The repeats of one batch: what to ask the database (`question`, of `STATEMENT`), and what it answered.

    The question is asked in a transaction of its own; it is None where there is nothing to count.
    """

    STATEMENT: Final = intake_sql.REPEAT

    def __init__(self, batch: Sequence[Received]) -> None:
        self._batch = batch
        at = SIEVE.now()
        self._found = _lone_triggers(batch, at) if at is not None else {}
        self._sieve = SIEVE.fresh()
        self.question = self._ask(minute_of(at)) if at is not None and self._found else None

    def _ask(self, minute: int) -> Mapping[str, Any]:
        senders: dict[tuple[bytes, str], int] = {}
        lines: list[RepeatedLine] = []
        bodies: list[RepeatedBody] = []
        for n, ((key_hash, kind, dedup_key), places) in enumerate(self._found.items()):
            signals = [self._batch[place].signals[0] for place in places]
            sender = senders.setdefault((key_hash, kind), len(senders))
            line = _line(n, sender, dedup_key, signals)
            for signal in signals:
                raw = raw_of(signal)
                if self._sieve.keeps((key_hash, dedup_key), raw, minute):
                    bodies.append(RepeatedBody(n, msgspec.Raw(raw)))
                else:
                    line.unkept += 1
            lines.append(line)
        return intake_sql.repeats(senders, lines, bodies)

    def taken(self, answer: tuple[Any, ...] | None) -> list[Taken | None]:
        """What became of each request, now that it is durable; None for each that is no mere repeat."""
        taken: list[Taken | None] = [None] * len(self._batch)
        if answer is None:
            return taken
        committed_at, alerts = intake_sql.counted(answer)
        for n, ((key_hash, _, dedup_key), places) in enumerate(self._found.items()):
            if n in alerts:
                told = Taken(True, (dedup_key,), (alerts[n],), committed_at)
                for place in places:
                    taken[place] = told
            else:
                self._sieve.forget((key_hash, dedup_key))
        remember(self._sieve, committed_at)
        return taken


def count_repeats(batch: Sequence[Received]) -> list[Taken | None]:
    """Keep durably those requests that only repeat what is open; None for each of the others, in order.

    The others are for `receive_signals`, in the same order: what a batch says of one key goes one way.
    """
    repeats = Repeats(batch)
    return repeats.taken(None if repeats.question is None else intake_sql.count_repeats(repeats.question))


def _line(n: int, sender: int, dedup_key: str, signals: Sequence[Signal]) -> RepeatedLine:
    fired_at, holds_until = latest_firing(signals), latest_end(signals, signals[0].holds_until)
    absorbs = len(absorbing(signals))
    return RepeatedLine(n, sender, dedup_key, absorbs, len(signals), fired_at, holds_until)


def _lone_triggers(batch: Sequence[Received], at: datetime) -> dict[_Key, list[int]]:
    """Where requests of one trigger stand; none under a key of which the batch says anything else."""
    found: dict[_Key, list[int]] = {}
    others: set[str] = set()
    for place, received in enumerate(batch):
        signals = received.signals
        if len(signals) != 1 or signals[0].action is not Action.TRIGGER or _is_over(signals[0], at):
            others.update([signal.dedup_key for signal in signals])
            continue
        key = (received.key_hash, received.kind, signals[0].dedup_key)
        places = found.get(key)
        if places is None:
            found[key] = [place]
        else:
            places.append(place)
    return {key: places for key, places in found.items() if key[2] not in others} if others else found


def _is_over(signal: Signal, at: datetime) -> bool:
    return signal.holds_until is not None and signal.holds_until <= at
