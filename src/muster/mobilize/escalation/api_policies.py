"""`/policies` and what they would do; `/alerts/.../explain`: why somebody is paged, or is not (R40)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from ninja import Schema as QueryForm
from pydantic import AwareDatetime, Field

from muster.core.permissions import Actor
from muster.core.policy import MOST_REPEATS, MOST_STEPS
from muster.core.policy_form import STEP_FLAGS
from muster.core.urgency import Urgency
from muster.detect.queries import alert_of
from muster.evaluate.api_alerts import StepOut
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.commands import restore, retire
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.plans import preview
from muster.mobilize.escalation.queries import handles_of_targets, policy_of, visible_policies
from muster.mobilize.escalation.showing import explained, shown_plan, shown_versions, shown_weaknesses
from muster.mobilize.paging.api import PageOut

router = Router(tags=["policies"])


class PolicyStepOut(Shown):
    """Wait `after` the step before, then notify these targets; see `PolicyStepIn`."""

    after: str
    notify: list[str]
    in_hours: bool
    until_covered: bool
    in_turn: bool
    all_must_acknowledge: bool


class PolicyOut(Shown):
    """An escalation policy."""

    handle: str
    name: str
    team: str | None
    version: int
    steps: list[PolicyStepOut]
    repeat: int
    then_after: str
    acknowledged_for: str | None
    all_must_acknowledge: bool
    retired_at: datetime | None


class PolicyPage(Shown):
    """Newest first."""

    items: list[PolicyOut]
    next: str | None


class HeldOut(Shown):
    """Somebody whose own hours would hold what can wait, until when and why."""

    person: str
    until: datetime
    reason: str
    sentence: str


class PlannedOut(Shown):
    """One step as it would start; `people` are handles, `sentence` says it in words.

    Whose turn it would be is passed over when they are `unreachable` or `away`.
    """

    round: int
    step: int
    at: datetime
    targets: list[str]
    people: list[str]
    unreachable: list[str]
    away: list[str]
    reason: str
    sentence: str
    held: list[HeldOut]


class PlanOut(Shown):
    """What a policy would do if it began at `at` and nobody ever answered."""

    policy: str
    at: datetime
    urgency: str
    plan: list[PlannedOut]


class EscalationOut(Shown):
    """A ladder that is, or was, climbed; `missing` are those who must still acknowledge, where all must.

    `held_until`: what it is about can wait, and nobody is paged before working hours open. `reason`: why it
    stopped.
    """

    state: str
    policy: str | None
    epoch: int
    next_at: datetime | None
    held_until: datetime | None
    reason: str
    sentence: str
    missing: list[str]


class MessageOut(Shown):
    """A message of a page: where it stands, and why it went, waits, or is not needed."""

    page: str
    person: str
    contact: str
    at: datetime
    state: str
    reason: str
    sentence: str


class PostOut(Shown):
    """What a step told a webhook, and what became of it."""

    webhook: str
    step: int
    at: datetime
    state: str
    reason: str
    sentence: str


class JoinedOut(Shown):
    """What it meant for paging that an alert came into its group."""

    reason: str
    sentence: str


class ExplainedOut(Shown):
    """Why an alert pages people or does not, who was paged, what was told, and what comes next."""

    alert: str
    outcome: str
    summary: str
    decided_at: datetime | None
    steps: list[StepOut]
    group: str | None
    joined: JoinedOut | None
    escalation: EscalationOut | None
    pages: list[PageOut]
    messages: list[MessageOut]
    posts: list[PostOut]
    plan: list[PlannedOut]


class VersionOut(Shown):
    """A version of a policy: when it was published, by whom, and its ladder; for `PATCH` to bring it back."""

    number: int
    at: datetime
    by: str
    steps: list[PolicyStepOut]
    repeat: int
    then_after: str
    acknowledged_for: str | None
    all_must_acknowledge: bool


class VersionList(Shown):
    """Every version, newest first."""

    items: list[VersionOut]


class FindingOut(Shown):
    """Where a policy would let somebody down, and what to change; `step` is null for the whole of it."""

    weakness: str
    step: int | None
    sentence: str


class FindingList(Shown):
    """Everything weak in a policy now; empty when nothing is."""

    items: list[FindingOut]


class PolicyStepIn(Body):
    """One step, as in configuration.

    `in_hours` waits on until working hours open, `until_covered` until somebody is on call. `in_turn`
    notifies the next of them alone; with `all_must_acknowledge` nobody answers for another.
    """

    notify: list[str] = Field(min_length=1, max_length=50)
    after: str = Field("0s", max_length=20)
    in_hours: bool = False
    until_covered: bool = False
    in_turn: bool = False
    all_must_acknowledge: bool = False


class PolicyIn(Body):
    """A new policy."""

    handle: str
    name: str
    team: str | None = None
    steps: list[PolicyStepIn] = Field(max_length=MOST_STEPS)
    repeat: int = Field(0, ge=0, le=MOST_REPEATS)
    then_after: str = Field("15m", max_length=20)
    acknowledged_for: str | None = Field(None, max_length=20)
    all_must_acknowledge: bool = False


class PolicyChange(Body):
    """What to change; what is absent stays, steps are replaced whole.

    With `version` it is refused (409) when another version stands than the one that was read.
    """

    version: int | None = Field(None, ge=1)
    name: str | None = None
    team: str | None = None
    steps: list[PolicyStepIn] | None = Field(None, max_length=MOST_STEPS)
    repeat: int | None = Field(None, ge=0, le=MOST_REPEATS)
    then_after: str | None = Field(None, max_length=20)
    acknowledged_for: str | None = Field(None, max_length=20)
    all_must_acknowledge: bool | None = None


class Listing(Paging):
    """`active` leaves out what is retired."""

    active: bool = False


class PlanQuery(QueryForm):
    """When it begins (now), and how urgent it is."""

    at: AwareDatetime | None = None
    urgency: Urgency = Urgency.HIGH


@router.get("/policies", response=PolicyPage)
def policies(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All escalation policies."""
    rows = visible_policies(request.arrival.actor)
    if asked.active:
        rows = rows.filter(retired_at__isnull=True)
    handles = handles_of_targets()
    return page_of(rows, asked, lambda row: _shown(row, handles))


@router.get("/policies/{handle}", response=PolicyOut)
def policy(request: Request, handle: str) -> dict[str, Any]:
    """One policy."""
    return _shown(policy_of(request.arrival.actor, handle), handles_of_targets())


@router.get("/policies/{handle}/plan", response=PlanOut)
def plan(request: Request, handle: str, asked: Query[PlanQuery]) -> dict[str, Any]:
    """What it would do: the same function that runs."""
    at = asked.at or request.arrival.at
    row = policy_of(request.arrival.actor, handle)
    return {
        "policy": row.handle,
        "at": at,
        "urgency": asked.urgency.value,
        "plan": shown_plan(preview(row, at, asked.urgency), at, asked.urgency),
    }


@router.get("/policies/{handle}/findings", response=FindingList)
def findings(request: Request, handle: str) -> dict[str, Any]:
    """Where it would let somebody down: empty steps, people out of reach, gaps, a ladder too slow (B9)."""
    arrival = request.arrival
    return {"items": shown_weaknesses(policy_of(arrival.actor, handle), arrival.at)}


@router.get("/policies/{handle}/versions", response=VersionList)
def versions(request: Request, handle: str) -> dict[str, Any]:
    """What it said, version by version, and who published each."""
    actor = request.arrival.actor
    handles = handles_of_targets()
    found = shown_versions(policy_of(actor, handle), actor)
    return {"items": [one | _said(one.pop("spec"), handles) for one in found]}


@router.post("/policies", response={201: PolicyOut})
def add_policy(request: Request, given: PolicyIn) -> Status[dict[str, Any]]:
    """Add a policy."""
    arrival = request.arrival
    row = commands.add_policy(
        actor=arrival.actor,
        at=arrival.at,
        handle=given.handle,
        name=given.name,
        spec=given.model_dump(include=_SPEC),
        team_id=_team(given.team, arrival.actor),
    )
    return Status(201, _shown(row, handles_of_targets()))


@router.patch("/policies/{handle}", response=PolicyOut)
def change_policy(request: Request, handle: str, given: PolicyChange) -> dict[str, Any]:
    """Change a policy; running escalations keep what they run."""
    arrival = request.arrival
    row = policy_of(arrival.actor, handle)
    asked = given.model_dump(exclude_unset=True, exclude_none=True)
    changes: dict[str, Any] = {"name": asked["name"]} if "name" in asked else {}
    if "team" in asked:
        changes["team_id"] = _team(given.team, arrival.actor)
    if asked.keys() & _SPEC:
        standing = {key: value for key, value in _shown(row, handles_of_targets()).items() if key in _SPEC}
        changes["spec"] = standing | {key: value for key, value in asked.items() if key in _SPEC}
    commands.change_policy(row.pk, changes, actor=arrival.actor, at=arrival.at, version=given.version)
    return _shown(policy_of(arrival.actor, handle), handles_of_targets())


@router.post("/policies/{handle}/retire", response={204: None})
def retire_policy(request: Request, handle: str) -> Status[None]:
    """Take it out of use; refused while something live points at it, and the answer says what."""
    arrival = request.arrival
    row = policy_of(arrival.actor, handle)
    retire(Policy, row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/policies/{handle}/restore", response={204: None})
def restore_policy(request: Request, handle: str) -> Status[None]:
    """Undo retiring."""
    arrival = request.arrival
    row = policy_of(arrival.actor, handle)
    restore(Policy, row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.get("/alerts/{alert_id}/explain", response=ExplainedOut, tags=["alerts"])
def explain(request: Request, alert_id: str) -> dict[str, Any]:
    """Why did this page me? Why did it not?"""
    arrival = request.arrival
    return explained(alert_of(arrival.actor, alert_id), arrival.actor, arrival.at)


_SPEC = {"steps", "repeat", "then_after", "acknowledged_for", "all_must_acknowledge"}


def _team(handle: str | None, actor: Actor) -> int | None:
    return by_handle(Team, handle, actor=actor).pk if handle else None


def _shown(row: Policy, handles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "handle": row.handle,
        "name": row.name,
        "team": row.team.handle if row.team else None,
        "version": row.version,
        "retired_at": row.retired_at,
    } | _said(row.spec, handles)


def _said(spec: Mapping[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
    """A ladder as doors show it, targets by the handles that they have now."""
    steps = [
        {
            "after": step["after"],
            "notify": [handles.get(target, target) for target in step["notify"]],
        }
        | {flag: step.get(flag, False) for flag in STEP_FLAGS}
        for step in spec["steps"]
    ]
    return {
        "steps": steps,
        "repeat": spec["repeat"],
        "then_after": spec["then_after"],
        "acknowledged_for": spec.get("acknowledged_for"),
        "all_must_acknowledge": spec.get("all_must_acknowledge", False),
    }
