"""An escalation policy as data: its steps, whom they name, and how they wait (design 7 and 13; R40, R44)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from muster.core.rotation import PersonId

THEN_AFTER: Final = timedelta(minutes=15)
SHORTEST_ACKNOWLEDGED: Final = timedelta(minutes=1)
MOST_STEPS: Final = 50
MOST_REPEATS: Final = 20


class TargetKind(StrEnum):
    """Whom a step may name. `position:P` is who holds it, `manager:T` the manager of team T.

    `on-call-manager:S` are the managers of the teams of whoever is on call in schedule S. `policy:P` goes on
    with another policy's steps. `webhook:W` tells a machine, and reaches nobody.
    """

    PERSON = "person"
    SCHEDULE = "schedule"
    TEAM = "team"
    POSITION = "position"
    MANAGER = "manager"
    ON_CALL_MANAGER = "on-call-manager"
    POLICY = "policy"
    WEBHOOK = "webhook"


OF_SCHEDULES: Final = (TargetKind.SCHEDULE, TargetKind.ON_CALL_MANAGER)
"""Those that mean whoever is on call, and so nobody at some times."""


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

    With `in_hours` it waits on until working hours open (R44); with `until_covered` it is held, when it finds
    nobody and what it is about can wait, until somebody is on call. `in_turn` notifies only the next of them;
    `all_must_acknowledge` lets nobody answer for another.
    """

    after: timedelta
    notify: tuple[Target, ...]
    in_hours: bool = False
    until_covered: bool = False
    in_turn: bool = False
    all_must_acknowledge: bool = False

    @property
    def only_webhooks(self) -> bool:
        """Whether it tells machines alone, so that no human hears of it."""
        return all(target.kind is TargetKind.WEBHOOK for target in self.notify)

    @property
    def continues(self) -> Target | None:
        """The policy whose steps stand for this one, if it names one."""
        return next((target for target in self.notify if target.kind is TargetKind.POLICY), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """The ladder: its steps, `repeat` further rounds, and the wait after each round's last step.

    Whoever acknowledges is asked again after `acknowledged_for` (None: never), since an acknowledgement that
    is forgotten is a page that is lost. `all_must_acknowledge` says it of every step.

    Raises ValueError beyond MOST_STEPS, MOST_REPEATS, or on a negative wait. No steps is allowed (it goes to
    the fallback at once), so that a broken configuration still reaches a human.
    """

    steps: tuple[Step, ...]
    repeat: int = 0
    then_after: timedelta = THEN_AFTER
    acknowledged_for: timedelta | None = None
    all_must_acknowledge: bool = False

    def __post_init__(self) -> None:
        """Keep the ladder finite and its waits real."""
        if len(self.steps) > MOST_STEPS or not 0 <= self.repeat <= MOST_REPEATS:
            raise ValueError(f"at most {MOST_STEPS} steps and {MOST_REPEATS} repeats")
        if any(wait < timedelta(0) for wait in (self.then_after, *(step.after for step in self.steps))):
            raise ValueError("waits are not negative")
        if self.acknowledged_for is not None and self.acknowledged_for < SHORTEST_ACKNOWLEDGED:
            raise ValueError(f"an acknowledgement holds for {SHORTEST_ACKNOWLEDGED} or longer")

    def asks_all(self, step: int) -> bool:
        """Whether everybody whom this step (from 1) pages must acknowledge."""
        if not 1 <= step <= len(self.steps):
            return False
        return self.all_must_acknowledge or self.steps[step - 1].all_must_acknowledge

    @property
    def asks_anybody_all(self) -> bool:
        """Whether there is a step of which everybody must acknowledge."""
        return any(self.asks_all(step) for step in range(1, len(self.steps) + 1))

    @property
    def takes_turns(self) -> bool:
        """Whether a step takes each alert to the next person."""
        return any(step.in_turn for step in self.steps)
