"""What a batch brought under one key, and which of its bodies get a row of their own."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeGuard

import msgspec
from django.db import connection, transaction

from muster.core.decoding import holds_nul
from muster.core.intake import Disposition, IntakeReason, Outcome
from muster.core.repeats import Repeats, is_kept, minute_of, repeated
from muster.core.signals import Signal
from muster.core.text import clean_json
from muster.detect.commands.intake_sql import Kept, Sender, Target

REMEMBERED = 10_000
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Line:
    """The signals of one (scope, key), in order, who sent each, and what became of each.

    `sieved` is the key under which the sieve counts them: the sender's hash in the scope's place.
    """

    __slots__ = ("key", "outcomes", "senders", "sieved", "signals", "targets")

    def __init__(self, key: tuple[str, str], sieved: tuple[bytes, str]) -> None:
        self.key = key
        self.sieved = sieved
        self.signals: list[Signal] = []
        self.senders: list[Sender] = []
        self.outcomes: Sequence[Outcome] = ()
        self.targets: list[Target] = []

    def alert_of(self, nth: int) -> int:
        """The alert that the n-th signal concerned, once all is written; 0 for none."""
        episode = self.outcomes[nth].episode
        return 0 if episode is None else self.targets[episode].alert.pk


class Sieve:
    """Lets identical repeats of a storm pass without a row (core.repeats).

    It remembers in this process only, and forgets without harm: then a few more bodies are kept. What a batch
    taught it counts once the batch is committed.
    """

    def __init__(self, before: "Sieve | None" = None) -> None:
        self._before = before
        self._newest: Sieve | None = None
        self._repeats: dict[tuple[bytes, str], Repeats] = {}
        self._at: tuple[datetime, float] | None = None

    def fresh(self) -> "Sieve":
        """One for a batch, which knows what this one knows."""
        return Sieve(self)

    def following(self) -> "Sieve":
        """One for a batch that is asked while others are on their way: it knows what they bring, too.

        It is to be remembered or dropped.
        """
        self._newest = Sieve(self._newest or self)
        return self._newest

    def remember(self, batch: "Sieve", at: datetime) -> None:
        """The batch is committed, at this time of the database's."""
        self._at = (at, time.monotonic())
        if len(self._repeats) + len(batch._repeats) > REMEMBERED:
            self._repeats.clear()
        self._repeats.update(batch._repeats)
        self._let_go(batch)

    def drop(self, batch: "Sieve") -> None:
        """The batch brought nothing after all; what one that follows it knows of the same keys is wrong."""
        follows = self._newest
        while follows is not None and follows is not batch:
            for sieved in batch._repeats:
                follows._repeats.pop(sieved, None)
            follows = follows._before
        batch._repeats.clear()
        self._let_go(batch)

    def _let_go(self, batch: "Sieve") -> None:
        batch._before = self
        if self._newest is batch:
            self._newest = None

    def now(self) -> datetime | None:
        """The database's time, as it said it with the last batch and as time went by since."""
        if self._at is None:
            return None
        said, then = self._at
        return said + timedelta(seconds=time.monotonic() - then)

    def forget(self, sieved: tuple[bytes, str]) -> None:
        """Nothing came under this key after all."""
        self._repeats.pop(sieved, None)

    def keeps(self, sieved: tuple[bytes, str], raw: bytes, minute: int) -> bool:
        """Whether the body of a mere repeat gets a row."""
        repeats = repeated(self._known(sieved), hash(raw), minute)
        self._repeats[sieved] = repeats
        return is_kept(repeats)

    def _known(self, sieved: tuple[bytes, str]) -> Repeats | None:
        known, sieve = self._repeats.get(sieved), self._before
        while known is None and sieve is not None:
            known, sieve = sieve._repeats.get(sieved), sieve._before
        return known

    def sift(self, line: Line, at: datetime) -> Iterator[Kept]:
        """The rows to keep of a line; the others are counted on their alert as `unkept`."""
        minute = minute_of(at)
        for signal, sender, outcome in zip(line.signals, line.senders, line.outcomes, strict=True):
            raw = raw_of(signal)
            target = None if outcome.episode is None else line.targets[outcome.episode]
            if outcome.disposition is Disposition.OPENED:
                self._repeats[line.sieved] = repeated(None, hash(raw), minute)
            elif _is_repeat(target, outcome) and not self.keeps(line.sieved, raw, minute):
                target.unkept += 1
                continue
            yield Kept(sender, target, signal, outcome, raw)


def _is_repeat(target: Target | None, outcome: Outcome) -> TypeGuard[Target]:
    return target is not None and outcome.reason is IntakeReason.ALREADY_OPEN


SIEVE = Sieve()
"""What this process remembers."""


def remember(batch: Sieve, at: datetime) -> None:
    """What a batch taught counts once it is committed: now, or with the transaction of the caller."""
    if connection.in_atomic_block:
        transaction.on_commit(lambda: SIEVE.remember(batch, at))
    else:
        SIEVE.remember(batch, at)


def raw_of(signal: Signal) -> bytes:
    """The body as JSON. PostgreSQL's jsonb refuses NUL; such bodies are rare, so only they are cleaned."""
    if signal.raw is None:
        return b"{}"
    text = _encode(signal.raw)
    return _encode(clean_json(signal.raw)) if holds_nul(text) else text
