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
- A step that is `until_covered` and finds nobody on call is held until somebody is, where what it is about
  can wait; the caller says whether, by `Circumstances.covered`.
- A step `in_turn` pages one person: whoever had a turn least lately (`core.turns`).
- Who has acknowledged where all must is not paged again; a step of which all have pages nobody, and takes its
  time.
- `webhook:W` finds nobody. A step of webhooks alone takes its time all the same: what it sets going may help.
- `policy:P` stands alone in its step, and means P's steps in its place, once (`policy_form.expanded`).
- Waits count from when a step started, not from when it was due. So after a clock jump or an outage overdue
  steps do not start in a burst: one per call of `climb`, each with its full wait (reliability I11).

A running escalation is a row with the columns `state` (EscalationState), `epoch`, `round`, `step`, `due_at`
(the step to start next and when; `due_at` is null when it runs no more) and a snapshot of its policy.
Events:

    escalation.started       the ladder begins, `due_at` of the first step
    escalation.step_started  people are paged; `skipped` lists the steps before it that found nobody
    escalation.held          nobody is on call and it can wait: the same step again when somebody is
    escalation.answered      somebody acknowledged where all must; `missing` are those who have not yet
    escalation.exhausted     the end: the fallback is paged (`people` may be empty: say so loudly)
    escalation.hastened      all pages of the step failed, somebody asked for the next, or it became a SEV1's
    escalation.restarted     a new epoch climbs from the first step
    escalation.stopped       somebody answered, or there is nothing left to page for
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.circumstances import Circumstances, Opening, Reachable, Resolve, always_open
from muster.core.policy import Policy, Target, TargetKind
from muster.core.rotation import PersonId
from muster.core.turns import Turns, next_in_turn


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
    EVERYBODY_AWAY = "everybody_away"
    UNTIL_COVERED = "until_covered"
    ALL_ANSWERED = "all_answered"
    POSTED = "posted"
    FALLBACK = "fallback"
    FALLBACK_EMPTY = "fallback_empty"


FELL_THROUGH: Final = frozenset(
    {StepReason.NOBODY_ON_CALL, StepReason.NO_CONTACT_METHOD, StepReason.EVERYBODY_AWAY}
)
"""Steps that take no time."""
PAGES_NOBODY: Final = frozenset({StepReason.UNTIL_COVERED, StepReason.ALL_ANSWERED, StepReason.POSTED})
"""Steps that page nobody and are no fault: they were asked for."""
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
    """One step as it starts, or would: whom it pages, whom it found but cannot reach, and who is on leave.

    A step that is held pages nobody, and starts again when somebody is on call. `in_turn` and `asks_all` say
    what its policy asked for.
    """

    round: int
    step: int
    due_at: datetime
    people: tuple[PersonId, ...]
    reason: StepReason
    unreachable: tuple[PersonId, ...] = ()
    targets: tuple[Target, ...] = ()
    away: tuple[PersonId, ...] = ()
    in_turn: bool = False
    asks_all: bool = False


@dataclass(frozen=True, slots=True)
class Climb:
    """What happens when a step is due: steps that found nobody, the one that paged, and what comes next.

    `next` is None when the ladder has ended. `change` is for the escalation's row. Steps in `skipped`, and
    the end of the ladder, are findings: the caller raises a meta-alert for them (reliability I9). `turns` are
    those after it.
    """

    started: PlannedStep
    skipped: tuple[PlannedStep, ...]
    next: Cursor | None
    change: Change
    turns: Turns = field(default_factory=Turns)

    @property
    def posts(self) -> tuple[tuple[PlannedStep, Target], ...]:
        """The webhooks that are told now, each with its step: also of steps that found nobody."""
        begun = (*self.skipped, *(() if self.started.reason is StepReason.UNTIL_COVERED else (self.started,)))
        return tuple(
            (step, target) for step in begun for target in step.targets if target.kind is TargetKind.WEBHOOK
        )

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
    given: Circumstances = Circumstances(),
) -> Climb:
    """Start the step that is due, at the instant `at` of its start, falling through those that find nobody.

    Pages at most one step, and looks at `fallback` only when the ladder ends. Raises ValueError when the
    cursor is not due yet: no step ever starts early.
    """
    if at < cursor.due_at:
        raise ValueError(f"not due before {cursor.due_at.isoformat()}")
    skipped: list[PlannedStep] = []
    for round_, step in _ladder(policy, cursor):
        found, turns = _look(policy, round_, step, resolve, reachable, given, at)
        if found.reason is StepReason.UNTIL_COVERED:
            return _hold(found, skipped, given)
        if found.reason not in FELL_THROUGH:
            following = _after(policy, round_, step, at, opening)
            change = _step_started(found, skipped, following)
            return Climb(found, tuple(skipped), following, change, turns)
        skipped.append(found)
        if step == len(policy.steps) and _found_nobody_in(round_, skipped, policy):
            break
    return _end(policy, cursor, skipped, fallback, at, given.turns)


def _ladder(policy: Policy, cursor: Cursor) -> Iterator[tuple[int, int]]:
    """The (round, step) pairs from the cursor on, up to the end of the last round."""
    for round_ in range(cursor.round, policy.repeat + 2):
        first = cursor.step if round_ == cursor.round else 1
        yield from ((round_, step) for step in range(first, len(policy.steps) + 1))


def _found_nobody_in(round_: int, skipped: Sequence[PlannedStep], policy: Policy) -> bool:
    """Whether every step of this round has just fallen through, at this one instant."""
    return sum(step.round == round_ for step in skipped) == len(policy.steps)


def _look(
    policy: Policy,
    round_: int,
    step: int,
    resolve: Resolve,
    reachable: Reachable,
    given: Circumstances,
    at: datetime,
) -> tuple[PlannedStep, Turns]:
    """Whom this step finds at this instant, each person once, in the order of the targets; and the turns."""
    wanted = policy.steps[step - 1]
    everybody = tuple(dict.fromkeys(person for target in wanted.notify for person in resolve(target, at)))
    asked = tuple(person for person in everybody if person not in given.answered)
    blank = PlannedStep(
        round_,
        step,
        at,
        (),
        StepReason.ALL_ANSWERED,
        targets=wanted.notify,
        in_turn=wanted.in_turn,
        asks_all=policy.asks_all(step),
    )
    if wanted.only_webhooks:
        return replace(blank, reason=StepReason.POSTED), given.turns
    if everybody and not asked:
        return blank, given.turns
    if wanted.in_turn:
        return _in_turn(blank, asked, reachable, given)
    people = tuple(person for person in asked if reachable(person))
    unreachable = tuple(person for person in asked if person not in people)
    if people:
        reason = StepReason.ON_CALL
    elif unreachable:
        reason = StepReason.NO_CONTACT_METHOD
    else:
        is_held = wanted.until_covered and given.covered(wanted.notify, at) is not None
        reason = StepReason.UNTIL_COVERED if is_held else StepReason.NOBODY_ON_CALL
    return replace(blank, people=people, reason=reason, unreachable=unreachable), given.turns


def _in_turn(
    blank: PlannedStep, people: Sequence[PersonId], reachable: Reachable, given: Circumstances
) -> tuple[PlannedStep, Turns]:
    """The next person alone, and the turns once they have had theirs."""
    turn = next_in_turn(
        people,
        given.turns,
        reachable=reachable,
        away=lambda person: given.away(person, blank.due_at),
    )
    looked = replace(blank, unreachable=turn.unreachable, away=turn.away)
    if turn.person is not None:
        found = replace(looked, people=(turn.person,), reason=StepReason.ON_CALL)
        return found, given.turns.pass_to(turn.person)
    reason = StepReason.NO_CONTACT_METHOD if turn.unreachable else StepReason.NOBODY_ON_CALL
    return replace(looked, reason=StepReason.EVERYBODY_AWAY if turn.away else reason), given.turns


def _hold(found: PlannedStep, skipped: Sequence[PlannedStep], given: Circumstances) -> Climb:
    """Nobody is on call, and it can wait: the same step again when somebody is."""
    covered_at = given.covered(found.targets, found.due_at)
    assert covered_at is not None
    following = Cursor(found.round, found.step, covered_at)
    columns = {"round": found.round, "step": found.step, "due_at": covered_at}
    facts = _facts(found, skipped) | {"next_due_at": covered_at}
    change = Change("escalation.held", columns, facts, reason=found.reason)
    return Climb(found, tuple(skipped), following, change, given.turns)


def _after(policy: Policy, round_: int, step: int, at: datetime, opening: Opening) -> Cursor:
    """What follows a step that paged somebody at this instant."""
    if step < len(policy.steps):
        return _due(policy, round_, step + 1, at, opening)
    if round_ <= policy.repeat:
        return _due(policy, round_ + 1, 1, at + policy.then_after, opening)
    return Cursor(round_, step + 1, at + policy.then_after)


def _end(
    policy: Policy,
    cursor: Cursor,
    skipped: list[PlannedStep],
    fallback: Iterable[PersonId],
    at: datetime,
    turns: Turns,
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
        turns,
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
    } | ({"away": list(step.away)} if step.away else {})


# The plan that people are shown


def plan(
    policy: Policy,
    started_at: datetime,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    reachable: Reachable = lambda person: True,
    opening: Opening = always_open,
    given: Circumstances = Circumstances(),
) -> tuple[PlannedStep, ...]:
    """Every step that would run when nobody ever answers, fallen-through ones included, the fallback last."""
    first = begin(policy, started_at, opening)
    return tuple(
        upcoming(policy, first, resolve, fallback, reachable=reachable, opening=opening, given=given)
    )


def upcoming(
    policy: Policy,
    cursor: Cursor,
    resolve: Resolve,
    fallback: Iterable[PersonId],
    *,
    not_before: datetime | None = None,
    reachable: Reachable = lambda person: True,
    opening: Opening = always_open,
    given: Circumstances = Circumstances(),
) -> Iterator[PlannedStep]:
    """The rest of a running ladder from its cursor; an overdue step starts at `not_before` (now).

    Each step is looked at when it is asked for: whoever wants the next one only pays for no more.
    """
    following: Cursor | None = cursor
    while following is not None:
        at = max(following.due_at, not_before) if not_before else following.due_at
        done = climb(
            policy, following, resolve, fallback, at=at, reachable=reachable, opening=opening, given=given
        )
        given = replace(given, turns=done.turns)
        yield from (*done.skipped, done.started)
        following = done.next
