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
- A step that waits for working hours is not due before they open. Reached because the step before it found
  nobody, it starts at once: rather too early than never.
- `policy:P` stands alone in its step, and means P's steps in its place, once (`policy_form.expanded`).
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
SHORTEST_ACKNOWLEDGED: Final = timedelta(minutes=1)
MOST_STEPS: Final = 50
MOST_REPEATS: Final = 20


class TargetKind(StrEnum):
    """Whom a step may name. `position:P` is who holds it, `manager:T` the manager of team T.

    `on-call-manager:S` are the managers of the teams of whoever is on call in schedule S. `policy:P` goes on
    with another policy's steps.
    """

    PERSON = "person"
    SCHEDULE = "schedule"
    TEAM = "team"
    POSITION = "position"
    MANAGER = "manager"
    ON_CALL_MANAGER = "on-call-manager"
    POLICY = "policy"


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
    """Wait `after` the step before, then notify everybody that these targets resolve to.

    With `in_hours` it waits on until working hours open (R44).
    """

    after: timedelta
    notify: tuple[Target, ...]
    in_hours: bool = False

    @property
    def continues(self) -> Target | None:
        """The policy whose steps stand for this one, if it names one."""
        return next((target for target in self.notify if target.kind is TargetKind.POLICY), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """The ladder: its steps, `repeat` further rounds, and the wait after each round's last step.

    Whoever acknowledges is asked again after `acknowledged_for` (None: never), since an acknowledgement that
    is forgotten is a page that is lost.

    Raises ValueError beyond MOST_STEPS, MOST_REPEATS, or on a negative wait. No steps is allowed (it goes to
    the fallback at once), so that a broken configuration still reaches a human.
    """

    steps: tuple[Step, ...]
    repeat: int = 0
    then_after: timedelta = THEN_AFTER
    acknowledged_for: timedelta | None = None

    def __post_init__(self) -> None:
        """Keep the ladder finite and its waits real."""
        if len(self.steps) > MOST_STEPS or not 0 <= self.repeat <= MOST_REPEATS:
            raise ValueError(f"at most {MOST_STEPS} steps and {MOST_REPEATS} repeats")
        if any(wait < timedelta(0) for wait in (self.then_after, *(step.after for step in self.steps))):
            raise ValueError("waits are not negative")
        if self.acknowledged_for is not None and self.acknowledged_for < SHORTEST_ACKNOWLEDGED:
            raise ValueError(f"an acknowledgement holds for {SHORTEST_ACKNOWLEDGED} or longer")


Resolve: TypeAlias = Callable[[Target, datetime], Sequence[PersonId]]
"""Who a target means at an instant: active people only, in the order to be shown; empty when nobody."""

Reachable: TypeAlias = Callable[[PersonId], bool]
"""Whether a person has a contact that a page could go to (`paging.plan_deliveries` has deliveries)."""

Opening: TypeAlias = Callable[[datetime], datetime]
"""The instant itself in working hours, else when they open next (`calendar.Calendar.next_opening`)."""


def always_open(at: datetime) -> datetime:
    """Working hours that never close."""
    return at


class EscalationState(StrEnum):
    """Of an escalation. At most one per subject is `running`."""

    RUNNING = "running"
    STOPPED = "stopped"
    EXHAUSTED = "exhausted"


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


def begin(policy: Policy, started_at: datetime, opening: Opening = always_open) -> Cursor:
    """The cursor of a ladder that starts now."""
    if not policy.steps:
        return Cursor(1, 1, started_at)
    return _due(policy, 1, 1, started_at, opening)


def _due(policy: Policy, round_: int, step: int, at: datetime, opening: Opening) -> Cursor:
    """When this step is due, counted from `at`."""
    wanted = policy.steps[step - 1]
    due_at = at + wanted.after
    return Cursor(round_, step, opening(due_at) if wanted.in_hours else due_at)


def climb(
    policy: Policy,
    cursor: Cursor,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    at: datetime,
    reachable: Reachable = lambda person: True,
    opening: Opening = always_open,
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
            following = _after(policy, round_, step, at, opening)
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


def _after(policy: Policy, round_: int, step: int, at: datetime, opening: Opening) -> Cursor:
    """What follows a step that paged somebody at this instant."""
    if step < len(policy.steps):
        return _due(policy, round_, step + 1, at, opening)
    if round_ <= policy.repeat:
        return _due(policy, round_ + 1, 1, at + policy.then_after, opening)
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
    opening: Opening = always_open,
) -> tuple[PlannedStep, ...]:
    """Every step that would run when nobody ever answers, fallen-through ones included, the fallback last."""
    first = begin(policy, started_at, opening)
    return upcoming(policy, first, resolve, fallback, reachable=reachable, opening=opening)


def upcoming(
    policy: Policy,
    cursor: Cursor,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    not_before: datetime | None = None,
    reachable: Reachable = lambda person: True,
    opening: Opening = always_open,
) -> tuple[PlannedStep, ...]:
    """The rest of a running ladder from its cursor; an overdue step starts at `not_before` (now)."""
    steps: list[PlannedStep] = []
    following: Cursor | None = cursor
    while following is not None:
        at = max(following.due_at, not_before) if not_before else following.due_at
        done = climb(policy, following, resolve, fallback, at=at, reachable=reachable, opening=opening)
        steps += [*done.skipped, done.started]
        following = done.next
    return tuple(steps)
