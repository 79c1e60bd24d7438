"""Whose turn it is, kept with the policy: part of the command that climbs, so a turn is taken once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.policy import Policy as Ladder
from muster.core.rotation import PersonId
from muster.core.turns import Turns
from muster.foundation.timeline.pen import lock_many, record_many
from muster.mobilize.escalation.circumstances import turns_of
from muster.mobilize.escalation.models import Escalation, Policy, PolicyVersion


class TurnsTaken:
    """The turns of the policies that these (locked) escalations climb, each policy locked until the end.

    Two workers never give the same turn: the second waits for the first one's commit, and reads it.
    """

    def __init__(self, escalations: Iterable[Escalation], ladders: Mapping[int, Ladder]) -> None:
        versions = {
            row.pk: row.policy_version_id
            for row in escalations
            if row.policy_version_id is not None and ladders[row.pk].takes_turns
        }
        known = PolicyVersion.objects.filter(pk__in=set(versions.values()))
        policies = dict(known.values_list("id", "policy_id"))
        self._policy_of = {pk: policies[version] for pk, version in versions.items()}
        self._rows = {row.pk: row for row in lock_many(Policy, self._policy_of.values())}
        self._turns = {pk: turns_of(row) for pk, row in self._rows.items()}
        self._passed: dict[int, list[PersonId]] = {}

    def of(self, escalation: Escalation) -> Turns | None:
        """The turns that an escalation goes by; None when it takes none."""
        policy = self._policy_of.get(escalation.pk)
        return self._turns[policy] if policy is not None else None

    def keep(self, escalation: Escalation, turns: Turns) -> None:
        """An escalation has gone one step on: keep the turns after it for the next one."""
        policy = self._policy_of.get(escalation.pk)
        if policy is None or turns == self._turns[policy]:
            return
        before = self._turns[policy].given
        taken = [person for person, number in turns.given.items() if before.get(person) != number]
        self._passed.setdefault(policy, []).extend(taken)
        self._turns[policy] = turns

    def record(self, *, actor: Actor, at: datetime) -> None:
        """Write the turns that were taken."""
        changed = {pk: self._turns[pk].given for pk in sorted(self._passed)}
        record_many(
            [self._rows[pk] for pk in changed],
            [
                Change(
                    "policy.turn_passed",
                    {"turns": {str(person): number for person, number in given.items()}},
                    {"people": self._passed[pk]},
                )
                for pk, given in changed.items()
            ],
            actor=actor,
            at=at,
        )
