"""Who is told next: the ladder that an escalation climbs until somebody acknowledges (design 7 and 13; R40).

Pure, and there is one ladder: `climb` is what the engine calls when a step is due, and `plan` is `climb`
again and again, so the plan that people are shown is the plan that runs. A step asks who is on call at the
instant it starts. The semantics:

- `after` is the wait after the step before it; the first step's is the wait after the start.
- A step that finds nobody, or nobody whom we can reach, takes no time: what follows it starts at once,
  without
  its own wait. A round that found nobody at all is not repeated: the same instant has the same answer.
- After a round's last step the policy waits `then_after`, then repeats or goes to the fallback.
- The end of the ladder reaches the fallback. It is the last step, and `exhausted`: a meta-alert follows.
- Waits count from when a step started, not from when it was due. So after a clock jump or an outage overdue
  steps do not start in a burst: one per call of `climb`, each with its full wait (reliability I11).

A running escalation is a row with the columns `state` (EscalationState), `epoch`, `round`, `step`, `due_at`
(the step to start next and when; `due_at` is null when it runs no more) and a snapshot of its policy.
Events:

    escalation.started       the ladder begins, `due_at` of the first step
    escalation.step_started  people are paged; `skipped` lists the steps before it that found nobody
    escalation.exhausted     the end: the fallback is paged (`people` may be empty: say so loudly)
    escalation.hastened      all pages of the step failed, so the next one is due now
    escalation.restarted     a new epoch climbs from the first step
    escalation.stopped       somebody answered, or there is nothing left to page for
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from muster.core.change import Change
from muster.core.rotation import PersonId

THEN_AFTER: Final = timedelta(minutes=15)
MOST_STEPS: Final = 50
MOST_REPEATS: Final = 20


class TargetKind(StrEnum):
    """Whom a step may name. `position:P` is who holds it, `manager:T` the manager of team T."""

    PERSON = "person"
    SCHEDULE = "schedule"
    TEAM = "team"
    POSITION = "position"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to notify. `key` is opaque here: a handle in configuration, a row's id in the product."""

    kind: TargetKind
    key: PersonId

    def __str__(self) -> str:
        """The spelling of configuration: `schedule:payments-primary`."""
        return f"{self.kind}:{self.key}"


def parse_target(text: str) -> Target:
    """`person:ana`, `schedule:payments-primary`, ... Raises ValueError on an unknown kind or an empty key."""
    kind, _, key = text.strip().partition(":")
    if not key:
        raise ValueError(f"not a target such as person:ana: {text[:80]!r}")
    return Target(TargetKind(kind), key)


@dataclass(frozen=True, slots=True)
class Step:
    """Wait `after` the step before, then notify everybody that these targets resolve to."""

    after: timedelta
    notify: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The ladder: its steps, `repeat` further rounds, and the wait after each round's last step.

    Raises ValueError beyond MOST_STEPS, MOST_REPEATS, or on a negative wait. No steps is allowed (it goes to
    the fallback at once), so that a broken configuration still reaches a human.
    """

    steps: tuple[Step, ...]
    repeat: int = 0
    then_after: timedelta = THEN_AFTER

    def __post_init__(self) -> None:
        """Keep the ladder finite and its waits real."""
        if len(self.steps) > MOST_STEPS or not 0 <= self.repeat <= MOST_REPEATS:
            raise ValueError(f"at most {MOST_STEPS} steps and {MOST_REPEATS} repeats")
        if any(wait < timedelta(0) for wait in (self.then_after, *(step.after for step in self.steps))):
            raise ValueError("waits are not negative")


Resolve: TypeAlias = Callable[[Target, datetime], Sequence[PersonId]]
"""Who a target means at an instant: active people only, in the order to be shown; empty when nobody."""

Reachable: TypeAlias = Callable[[PersonId], bool]
"""Whether a person has a contact that a page could go to (`paging.plan_deliveries` has deliveries)."""


class StepReason(StrEnum):
    """What a step found when it started."""

    ON_CALL = "on_call"
    NOBODY_ON_CALL = "nobody_on_call"
    NO_CONTACT_METHOD = "no_contact_method"
    FALLBACK = "fallback"
    FALLBACK_EMPTY = "fallback_empty"


FELL_THROUGH: Final = frozenset({StepReason.NOBODY_ON_CALL, StepReason.NO_CONTACT_METHOD})
"""Steps that take no time."""
AT_THE_END: Final = frozenset({StepReason.FALLBACK, StepReason.FALLBACK_EMPTY})
"""Steps after which nothing follows: the escalation is exhausted."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a ladder stands: the round and step (both from 1) to start next, and when.

    A step number beyond the policy's last one is the end of the ladder: the fallback.
    """

    round: int
    step: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step as it starts, or would: whom it pages, and whom it found but cannot reach."""

    round: int
    step: int
    due_at: datetime
    people: tuple[PersonId, ...]
    reason: StepReason
    unreachable: tuple[PersonId, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Climb:
    """What happens when a step is due: steps that found nobody, the one that paged, and what comes next.

    `next` is None when the ladder has ended. `change` is for the escalation's row. Steps in `skipped`, and
    the end of the ladder, are findings: the caller raises a meta-alert for them (reliability I9).
    """

    started: PlannedStep
    skipped: tuple[PlannedStep, ...]
    next: Cursor | None
    change: Change

    @property
    def exhausted(self) -> bool:
        """Whether this was the end of the ladder."""
        return self.next is None


def begin(policy: Policy, started_at: datetime) -> Cursor:
    """The cursor of a ladder that starts now."""
    return Cursor(1, 1, started_at + (policy.steps[0].after if policy.steps else timedelta(0)))


def climb(
    policy: Policy,
    cursor: Cursor,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    at: datetime,
    reachable: Reachable = lambda person: True,
) -> Climb:
    """Start the step that is due, at the instant `at` of its start, falling through those that find nobody.

    Pages at most one step, and looks at `fallback` only when the ladder ends. Raises ValueError when the
    cursor is not due yet: no step ever starts early.
    """
    if at < cursor.due_at:
        raise ValueError(f"not due before {cursor.due_at.isoformat()}")
    skipped: list[PlannedStep] = []
    for round_, step in _ladder(policy, cursor):
        found = _look(policy, round_, step, resolve, reachable, at)
        if found.reason not in FELL_THROUGH:
            following = _after(policy, round_, step, at)
            return Climb(found, tuple(skipped), following, _step_started(found, skipped, following))
        skipped.append(found)
        if step == len(policy.steps) and _found_nobody_in(round_, skipped, policy):
            break
    return _end(policy, cursor, skipped, fallback, at)


def _ladder(policy: Policy, cursor: Cursor) -> Iterator[tuple[int, int]]:
    """The (round, step) pairs from the cursor on, up to the end of the last round."""
    for round_ in range(cursor.round, policy.repeat + 2):
        first = cursor.step if round_ == cursor.round else 1
        yield from ((round_, step) for step in range(first, len(policy.steps) + 1))


def _found_nobody_in(round_: int, skipped: Sequence[PlannedStep], policy: Policy) -> bool:
    """Whether every step of this round has just fallen through, at this one instant."""
    return sum(step.round == round_ for step in skipped) == len(policy.steps)


def _look(
    policy: Policy, round_: int, step: int, resolve: Resolve, reachable: Reachable, at: datetime
) -> PlannedStep:
    """Whom this step finds at this instant, each person once, in the order of the targets."""
    targets = policy.steps[step - 1].notify
    everybody = tuple(dict.fromkeys(person for target in targets for person in resolve(target, at)))
    people = tuple(person for person in everybody if reachable(person))
    unreachable = tuple(person for person in everybody if person not in people)
    if people:
        reason = StepReason.ON_CALL
    else:
        reason = StepReason.NO_CONTACT_METHOD if unreachable else StepReason.NOBODY_ON_CALL
    return PlannedStep(round_, step, at, people, reason, unreachable, targets)


def _after(policy: Policy, round_: int, step: int, at: datetime) -> Cursor:
    """What follows a step that paged somebody at this instant."""
    if step < len(policy.steps):
        return Cursor(round_, step + 1, at + policy.steps[step].after)
    if round_ <= policy.repeat:
        return Cursor(round_ + 1, 1, at + policy.then_after + policy.steps[0].after)
    return Cursor(round_, step + 1, at + policy.then_after)


def _end(
    policy: Policy, cursor: Cursor, skipped: list[PlannedStep], fallback: Iterable[PersonId], at: datetime
) -> Climb:
    """The end of the ladder: the fallback, whoever can or cannot be reached there."""
    people = tuple(dict.fromkeys(fallback))
    reason = StepReason.FALLBACK if people else StepReason.FALLBACK_EMPTY
    round_ = skipped[-1].round if skipped else cursor.round
    last = PlannedStep(round_, len(policy.steps) + 1, at, people, reason)
    columns = {"state": EscalationState.EXHAUSTED, "round": round_, "step": last.step, "due_at": None}
    return Climb(
        last,
        tuple(skipped),
        None,
        Change("escalation.exhausted", columns, _facts(last, skipped), reason=reason),
    )


def _step_started(found: PlannedStep, skipped: Sequence[PlannedStep], following: Cursor) -> Change:
    """The event of a step that paged somebody; the row moves on to what follows."""
    columns = {"round": following.round, "step": following.step, "due_at": following.due_at}
    facts = _facts(found, skipped) | {"next_due_at": following.due_at}
    return Change("escalation.step_started", columns, facts, reason=found.reason)


def _facts(step: PlannedStep, skipped: Sequence[PlannedStep]) -> dict[str, Any]:
    """A step as an event keeps it."""
    return _told(step) | {"skipped": [_told(each) | {"reason": each.reason} for each in skipped]}


def _told(step: PlannedStep) -> dict[str, Any]:
    return {
        "round": step.round,
        "step": step.step,
        "people": list(step.people),
        "unreachable": list(step.unreachable),
        "targets": [str(target) for target in step.targets],
    }


# The plan that people are shown


def plan(
    policy: Policy,
    started_at: datetime,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    reachable: Reachable = lambda person: True,
) -> tuple[PlannedStep, ...]:
    """Every step that would run when nobody ever answers, fallen-through ones included, the fallback last."""
    return upcoming(policy, begin(policy, started_at), resolve, fallback, reachable=reachable)


def upcoming(
    policy: Policy,
    cursor: Cursor,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    not_before: datetime | None = None,
    reachable: Reachable = lambda person: True,
) -> tuple[PlannedStep, ...]:
    """The rest of a running ladder from its cursor; an overdue step starts at `not_before` (now)."""
    steps: list[PlannedStep] = []
    following: Cursor | None = cursor
    while following is not None:
        at = max(following.due_at, not_before) if not_before else following.due_at
        done = climb(policy, following, resolve, fallback, at=at, reachable=reachable)
        steps += [*done.skipped, done.started]
        following = done.next
    return tuple(steps)


# The life of an escalation's row


class EscalationState(StrEnum):
    """Of an escalation. At most one per subject is `running`."""

    RUNNING = "running"
    STOPPED = "stopped"
    EXHAUSTED = "exhausted"


class StopReason(StrEnum):
    """Why nobody further is paged."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"
    REASSIGNED = "reassigned"
    DECLARED = "declared"
    MERGED = "merged"
    DISMISSED = "dismissed"


def start(policy: Policy, *, at: datetime, epoch: int = 1) -> Change:
    """A new escalation's columns; its first step is due `after` now."""
    return _from_the_start("escalation.started", policy, at, epoch)


def restart(policy: Policy, *, at: datetime, epoch: int, reason: StrEnum | None = None) -> Change:
    """The same escalation, in whatever state, climbs again from its first step in a new epoch."""
    return _from_the_start("escalation.restarted", policy, at, epoch, reason)


def _from_the_start(
    kind: str, policy: Policy, at: datetime, epoch: int, reason: StrEnum | None = None
) -> Change:
    first = begin(policy, at)
    columns = {"round": first.round, "step": first.step, "due_at": first.due_at, "epoch": epoch}
    facts = {"epoch": epoch, "due_at": first.due_at, "steps": len(policy.steps), "repeat": policy.repeat}
    return Change(kind, {"state": EscalationState.RUNNING} | columns, facts, reason=reason)


def stop(state: str, reason: StopReason) -> Change | None:
    """Page nobody further. None when it does not run: there is nothing to stop and nothing to tell."""
    if state != EscalationState.RUNNING:
        return None
    return Change("escalation.stopped", {"state": EscalationState.STOPPED, "due_at": None}, reason=reason)


def hasten(state: str, cursor: Cursor, *, at: datetime) -> Change | None:
    """All pages of the last step failed: the next one is due now. None when it is, or when nothing runs."""
    if state != EscalationState.RUNNING or cursor.due_at <= at:
        return None
    facts = {"round": cursor.round, "step": cursor.step, "was_due_at": cursor.due_at}
    return Change("escalation.hastened", {"due_at": at}, facts, reason=HastenReason.PAGES_FAILED)


class HastenReason(StrEnum):
    """Why a step is due earlier than planned."""

    PAGES_FAILED = "pages_failed"
