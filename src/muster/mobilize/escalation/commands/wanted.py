"""Whom somebody wants to reach, by a target as people write it: a ladder of one step, or a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core.policy import Target, TargetKind, parse_target
from muster.core.refusal import Refused
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.plans import preview
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.paging.reasons import Paging


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to call: a policy, or an ad-hoc ladder of one step (targets as ids), and who would be first.

    `name` is the target as it is written, `called` what people call it, empty when it is a person.
    """

    name: str
    called: str = ""
    policy: Policy | None = None
    spec: Mapping[str, Any] | None = None
    first: tuple[int, ...] = ()


def wanted_people(target: str, at: datetime) -> Wanted:
    """Who stands behind a target that somebody wrote.

    Raises:
        Refused: an unknown target, or nobody stands behind it now.
    """
    found = find_target(target)
    if found is None:
        raise Refused(Escalate.TARGET_UNKNOWN, {"target": target[:80]})
    if found.kind is TargetKind.POLICY:
        wanted = of_policy(Policy.objects.get(pk=int(found.key)), at)
    else:
        wanted = ad_hoc(found, at)
    if not wanted.first:
        raise Refused(Paging.NOBODY_TO_PAGE, {"target": target[:80]})
    return wanted


def find_target(text: str) -> Target | None:
    """The target (key as id) that a text names; None when it names none in use."""
    try:
        return queries.target_by_handle(parse_target(text))
    except (LookupError, ValueError):
        return None


def of_policy(policy: Policy, at: datetime) -> Wanted:
    """A policy, and whom its first step would page now."""
    plan = preview(policy, at)
    first = tuple(int(person) for person in plan[0].people) if plan else ()
    return Wanted(f"policy:{policy.handle}", policy.name, policy, first=first)


def ad_hoc(target: Target, at: datetime) -> Wanted:
    """A ladder of one step, which is repeated once before the fallback is reached."""
    spec = {"steps": [{"after": "0s", "notify": [str(target)]}], "repeat": 1, "then_after": "15m"}
    first = tuple(queries.people_of(target, at))
    return Wanted(str(queries.target_by_id(target)), queries.name_of_target(target), spec=spec, first=first)
