"""A signal becomes, joins or ends an alert (design section 5; R2). Pure: the database's clock comes in as
`at`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from muster.core.change import Change
from muster.core.lifecycle import AlertState, Verb, move
from muster.core.signals import Action, Signal, SignalSeverity

META_SCOPE: Final = "meta"
"""The scope of our own alerts, whatever their service."""


class OpenState(StrEnum):
    """The states of an alert that is not over; the same words as in its `state` column."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"


class OpenAlert(msgspec.Struct, frozen=True):
    """What `fold` must know of the one open alert under a key, read and locked by the caller.

    `fired_at` is the latest `occurred_at` among its triggers, or None when no sender said.
    `holds_until` is the end of which its triggers warned, or None when one of them named none.
    """

    state: OpenState
    severity: SignalSeverity
    fired_at: datetime | None = None
    holds_until: datetime | None = None


class Disposition(StrEnum):
    """What became of a signal: exactly one each (reliability I1). `suppressed` comes later, where a rule of
    evaluation drops the alert that the signal opened or joined."""

    OPENED = "opened"
    MERGED = "merged"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    NOTED = "noted"
    REJECTED = "rejected"
    SUPPRESSED = "suppressed"
    UNREADABLE = "unreadable"


class IntakeReason(StrEnum):
    """Why a signal became what it became."""

    FIRST = "first"
    FIRED_AGAIN = "fired_again"
    ALREADY_OPEN = "already_open"
    ACKNOWLEDGED_BY_SENDER = "acknowledged_by_sender"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    RESOLVED_BY_SENDER = "resolved_by_sender"
    NOTHING_OPEN = "nothing_open"
    STALE_RESOLVE = "stale_resolve"
    CHANGE_NOTED = "change_noted"
    DROPPED_BY_RULE = "dropped_by_rule"
    NOT_JSON = "not_json"
    NOT_UNDERSTOOD = "not_understood"
    TOO_LARGE = "too_large"
    CANNOT_BE_STORED = "cannot_be_stored"


class EndReason(StrEnum):
    """Why an alert ended of itself."""

    NOT_REPEATED = "not_repeated"


REASONS: Final[Mapping[Disposition, frozenset[IntakeReason]]] = {
    Disposition.OPENED: frozenset({IntakeReason.FIRST, IntakeReason.FIRED_AGAIN}),
    Disposition.MERGED: frozenset({IntakeReason.ALREADY_OPEN, IntakeReason.ALREADY_ACKNOWLEDGED}),
    Disposition.ACKNOWLEDGED: frozenset({IntakeReason.ACKNOWLEDGED_BY_SENDER}),
    Disposition.RESOLVED: frozenset({IntakeReason.RESOLVED_BY_SENDER}),
    Disposition.NOTED: frozenset({IntakeReason.CHANGE_NOTED}),
    Disposition.REJECTED: frozenset({IntakeReason.NOTHING_OPEN, IntakeReason.STALE_RESOLVE}),
    Disposition.SUPPRESSED: frozenset({IntakeReason.DROPPED_BY_RULE}),
    Disposition.UNREADABLE: frozenset(
        {
            IntakeReason.NOT_JSON,
            IntakeReason.NOT_UNDERSTOOD,
            IntakeReason.TOO_LARGE,
            IntakeReason.CANNOT_BE_STORED,
        }
    ),
}
"""For which reasons a signal has which disposition."""


class Outcome(msgspec.Struct, frozen=True):
    """One signal's disposition. `episode` indexes `Fold.episodes`, and is None where it touches none."""

    disposition: Disposition
    reason: IntakeReason
    episode: int | None = None


class Episode(msgspec.Struct, frozen=True):
    """What happens to one alert row: an existing one, or a new one when `opened_by` is set.

    `changes` are the state changes in order, each to be recorded with one event (`alert.opened`,
    `alert.acknowledged`, `alert.worsened`, `alert.resolved`). `seen` is how many triggers to add to the row's
    `count` (an opening one included), and `last_seen_at` is None when there was none; both are counters and
    need no event. `latest` is the last trigger, for what the row shows. `fired_at` and `holds_until` as in
    `OpenAlert`.
    """

    opened_by: Signal | None
    changes: tuple[Change, ...]
    seen: int
    last_seen_at: datetime | None
    latest: Signal | None
    fired_at: datetime | None
    holds_until: datetime | None = None


class Fold(msgspec.Struct, frozen=True):
    """The answer of `fold`: one outcome per signal, in order, and the rows they touch, in order.

    At most the first episode is an existing row, and at most the last one is still open afterwards.
    """

    outcomes: tuple[Outcome, ...]
    episodes: tuple[Episode, ...]


class _Running:
    """An episode being folded."""

    __slots__ = (
        "changes",
        "fired_at",
        "holds_until",
        "index",
        "latest",
        "opened_by",
        "outcomes",
        "seen",
        "severity",
        "state",
    )

    def __init__(self, index: int, alert: OpenAlert, opened_by: Signal | None) -> None:
        self.index = index
        self.state = alert.state
        self.severity = alert.severity
        self.fired_at = alert.fired_at
        self.holds_until = alert.holds_until
        self.opened_by = opened_by
        self.latest: Signal | None = None
        self.changes: list[Change] = []
        self.seen = 0
        self.outcomes: dict[IntakeReason, Outcome] = {}

    def outcome(self, disposition: Disposition, reason: IntakeReason) -> Outcome:
        return self.outcomes.setdefault(reason, Outcome(disposition, reason, self.index))

    def see(self, signal: Signal) -> None:
        self.seen += 1
        self.latest = signal
        self.holds_until = latest_end((signal,), self.holds_until)
        fired = signal.occurred_at
        if fired is not None and (self.fired_at is None or fired > self.fired_at):
            self.fired_at = fired

    def finish(self, at: datetime) -> Episode:
        return Episode(
            opened_by=self.opened_by,
            changes=tuple(self.changes),
            seen=self.seen,
            last_seen_at=at if self.seen else None,
            latest=self.latest,
            fired_at=self.fired_at,
            holds_until=self.holds_until,
        )


_REJECTED = {
    reason: Outcome(Disposition.REJECTED, reason)
    for reason in (IntakeReason.NOTHING_OPEN, IntakeReason.STALE_RESOLVE)
}
_NOTED = Outcome(Disposition.NOTED, IntakeReason.CHANGE_NOTED)


def fold(current: OpenAlert | None, signals: Sequence[Signal], *, at: datetime) -> Fold:
    """Fold the signals of one key, in the order of their arrival, onto the alert that is open under it, if
    any.

    A trigger joins the open alert, or opens a new one when none is open, so that a re-fire which races a
    resolve ends open or new, never nothing (reliability I4). A resolve or acknowledge of a key that is not
    open is accepted, and its reason kept (wire rule 13). A resolve that says it ended before the open alert
    last fired is the late repeat of an older one, and does not end the newer trouble.
    """
    if current is not None and signals and (repeats := _only_repeats(current, signals, at)) is not None:
        return repeats
    running = _Running(0, current, None) if current is not None else None
    finished: list[_Running] = []
    outcomes: list[Outcome] = []
    for signal in signals:
        if running is None and signal.action is Action.TRIGGER:
            running = _open(len(finished), signal, again=bool(finished), at=at)
            outcomes.append(running.outcome(Disposition.OPENED, _opening_reason(finished)))
            continue
        outcome = _join(running, signal, at)
        outcomes.append(outcome)
        if running is not None and outcome.disposition is Disposition.RESOLVED:
            finished.append(running)
            running = None
    if running is not None:
        finished.append(running)
    return Fold(tuple(outcomes), tuple(episode.finish(at) for episode in finished))


MERE_REPEAT = Outcome(Disposition.MERGED, IntakeReason.ALREADY_OPEN, 0)
"""What becomes of a trigger that is no worse than the alert that is open."""

_TRIGGER = Action.TRIGGER
"""By a name of its own: looking a member up in its enumeration costs ten times as much (Python 3.11)."""
_ABSORBING: Mapping[str, frozenset[SignalSeverity]] = {
    worst: frozenset(severity for severity in SignalSeverity if severity.rank >= worst.rank)
    for worst in SignalSeverity
}


def absorbing(signals: Sequence[Signal]) -> frozenset[SignalSeverity]:
    """The severities of an open alert onto which these signals are mere repeats; none if one is no trigger.

    Of what such signals bring, only their number and the latest `occurred_at` go to the alert.
    """
    found = _ABSORBING["info"]
    for signal in signals:
        if signal.action is not _TRIGGER:
            return frozenset()
        if _ABSORBING[signal.severity] < found:
            found = _ABSORBING[signal.severity]
    return found


def may_be_overtaken(signals: Sequence[Signal]) -> bool:
    """Whether a repeat that came later than these may be counted before they are decided.

    A lone trigger may be overtaken: whether it opens an alert, makes one worse or repeats it, what repeats an
    open alert stays a repeat. What resolves may not, nor what may have ended before it came.
    """
    return len(signals) == 1 and signals[0].action is _TRIGGER and signals[0].holds_until is None


def latest_firing(signals: Sequence[Signal], fired_at: datetime | None = None) -> datetime | None:
    """The latest `occurred_at` of triggers, and of what was known before; None when no sender said."""
    for signal in signals:
        fired = signal.occurred_at
        if fired is not None and (fired_at is None or fired > fired_at):
            fired_at = fired
    return fired_at


def latest_end(signals: Sequence[Signal], holds_until: datetime | None) -> datetime | None:
    """Until when an alert holds that held until `holds_until`, once these triggers came onto it.

    The latest end counts, whatever the order. None is no end: whoever names none says that it holds until
    they resolve it, and is not made to lie by an end that another one named.
    """
    if holds_until is None:
        return None
    for signal in signals:
        end = signal.holds_until
        if end is None:
            return None
        if end > holds_until:
            holds_until = end
    return holds_until


SPARED_AT_MOST = timedelta(minutes=5)
"""So much longer an alert holds at most when nobody could hear its sender; Prometheus names an end four
minutes ahead, and repeats it every minute."""


def spared(holds_until: datetime, last_seen_at: datetime, *, at: datetime) -> datetime:
    """Until when an alert holds of which nobody could hear for a while: for as long as its last repeat said,
    from now on."""
    return max(holds_until, at + min(holds_until - last_seen_at, SPARED_AT_MOST))


def settled(signal: Signal, at: datetime) -> Signal:
    """The signal as of now: a trigger that held until an instant that is past is a resolve of that instant.

    Prometheus says so by nothing else (wire facts 3.1).
    """
    if signal.holds_until is None or signal.holds_until > at or signal.action is not Action.TRIGGER:
        return signal
    return msgspec.structs.replace(signal, action=Action.RESOLVE, ended_at=signal.holds_until)


def _only_repeats(current: OpenAlert, signals: Sequence[Signal], at: datetime) -> Fold | None:
    """The fold of triggers no worse than the open alert, which nearly all signals are; None for any others.

    The same answer as the long way gives (tests compare), at a third of its cost.
    """
    if current.severity not in absorbing(signals):
        return None
    episode = Episode(
        None,
        (),
        len(signals),
        at,
        signals[-1],
        latest_firing(signals, current.fired_at),
        latest_end(signals, current.holds_until),
    )
    return Fold((MERE_REPEAT,) * len(signals), (episode,))


def _opening_reason(finished: list[_Running]) -> IntakeReason:
    return IntakeReason.FIRED_AGAIN if finished else IntakeReason.FIRST


def _open(index: int, signal: Signal, *, again: bool, at: datetime) -> _Running:
    opened = OpenAlert(OpenState.TRIGGERED, signal.severity, signal.occurred_at, signal.holds_until)
    running = _Running(index, opened, signal)
    running.see(signal)
    running.changes.append(
        Change(
            kind="alert.opened",
            set={
                "state": OpenState.TRIGGERED.value,
                "severity": signal.severity.value,
                "summary": signal.summary,
                "opened_at": at,
            },
            payload={"severity": signal.severity.value},
            text={"summary": signal.summary},
            reason=IntakeReason.FIRED_AGAIN if again else IntakeReason.FIRST,
        )
    )
    return running


def _join(running: _Running | None, signal: Signal, at: datetime) -> Outcome:
    """What a signal does to the open alert; `running` is None only for signals that cannot open one."""
    if signal.action is Action.CHANGE:
        return _NOTED
    if running is None:
        return _REJECTED[IntakeReason.NOTHING_OPEN]
    if signal.action is Action.TRIGGER:
        return _merge(running, signal)
    if signal.action is Action.ACKNOWLEDGE:
        return _acknowledge(running, at)
    return _resolve(running, signal, at)


def _merge(running: _Running, signal: Signal) -> Outcome:
    running.see(signal)
    if signal.severity.rank > running.severity.rank:
        running.changes.append(
            Change(
                kind="alert.worsened",
                set={"severity": signal.severity.value},
                payload={"from": running.severity.value, "to": signal.severity.value},
                reason=IntakeReason.ALREADY_OPEN,
            )
        )
        running.severity = signal.severity
    return running.outcome(Disposition.MERGED, IntakeReason.ALREADY_OPEN)


def _acknowledge(running: _Running, at: datetime) -> Outcome:
    if running.state is OpenState.ACKNOWLEDGED:
        return running.outcome(Disposition.MERGED, IntakeReason.ALREADY_ACKNOWLEDGED)
    running.state = OpenState.ACKNOWLEDGED
    reason = IntakeReason.ACKNOWLEDGED_BY_SENDER
    running.changes.append(move(AlertState.TRIGGERED, Verb.ACKNOWLEDGE, at=at, reason=reason))
    return running.outcome(Disposition.ACKNOWLEDGED, reason)


def _resolve(running: _Running, signal: Signal, at: datetime) -> Outcome:
    if signal.ended_at is not None and running.fired_at is not None and signal.ended_at < running.fired_at:
        return _REJECTED[IntakeReason.STALE_RESOLVE]
    reason = IntakeReason.RESOLVED_BY_SENDER
    running.changes.append(move(running.state, Verb.RESOLVE, at=at, reason=reason))
    return running.outcome(Disposition.RESOLVED, reason)
