"""What a batch brought under one key, and which of its bodies get a row of their own."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from muster.core.intake import Disposition, IntakeReason, Outcome
from muster.core.repeats import Repeats, is_kept, repeated
from muster.core.signals import Signal
from muster.core.text import clean_json
from muster.detect.commands.intake_sql import Kept, Sender, Target

REMEMBERED = 10_000
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Line:
    """The signals of one (scope, key), in order, who sent each, and what became of each."""

    __slots__ = ("key", "outcomes", "senders", "signals", "targets")

    def __init__(self, key: tuple[str, str]) -> None:
        self.key = key
        self.signals: list[Signal] = []
        self.senders: list[Sender] = []
        self.outcomes: Sequence[Outcome] = ()
        self.targets: list[Target] = []


class Sieve:
    """Lets identical repeats of a storm pass without a row (core.repeats).

    It remembers in this process only, and forgets without harm: then a few more bodies are kept. What a batch
    taught it counts once the batch is committed.
    """

    def __init__(self, before: "Sieve | None" = None) -> None:
        self._before: dict[tuple[str, str], Repeats] = before._repeats if before else {}
        self._repeats: dict[tuple[str, str], Repeats] = {}

    def fresh(self) -> "Sieve":
        """One for a batch, which knows what this one knows."""
        return Sieve(self)

    def remember(self, batch: "Sieve") -> None:
        """The batch is committed."""
        if len(self._repeats) + len(batch._repeats) > REMEMBERED:
            self._repeats.clear()
        self._repeats.update(batch._repeats)

    def sift(self, line: Line, at: datetime) -> Iterator[Kept]:
        """The rows to keep of a line; the others are counted on their alert as `unkept`."""
        repeats = self._before.get(line.key)
        for signal, sender, outcome in zip(line.signals, line.senders, line.outcomes, strict=True):
            raw = _raw(signal)
            target = None if outcome.episode is None else line.targets[outcome.episode]
            if outcome.disposition is Disposition.OPENED:
                repeats = repeated(None, hash(raw), at)
            elif target is not None and outcome.reason is IntakeReason.ALREADY_OPEN:
                repeats = repeated(repeats, hash(raw), at)
                if not is_kept(repeats):
                    target.unkept += 1
                    continue
            yield Kept(sender, target, signal, outcome, raw)
        if repeats is not None:
            self._repeats[line.key] = repeats


def _raw(signal: Signal) -> bytes:
    """The body as JSON. PostgreSQL's jsonb refuses NUL; such bodies are rare, so only they are cleaned."""
    if signal.raw is None:
        return b"{}"
    text = _encode(signal.raw)
    return _encode(clean_json(signal.raw)) if b"\\u0000" in text else text
