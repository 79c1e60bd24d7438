"""The only writers of escalation policies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.escalation import MOST_STEPS, Target, TargetKind
from muster.core.permissions import Actor, Right, require
from muster.core.plain_form import FormFault
from muster.core.policy_form import expanded, goes_in_circles, read_policy, write_policy
from muster.core.refusal import Refused
from muster.foundation.catalog import checks, handles, pointers
from muster.foundation.catalog.reasons import Retiring
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation.models import Policy, PolicyVersion
from muster.mobilize.escalation.queries import policy_behind, target_by_handle
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.oncall.words import FORM


@command
def add_policy(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    spec: Mapping[str, Any],
    team_id: int | None = None,
    made_by: str = "hand",
) -> Policy:
    """Make an escalation policy; `spec` is as in configuration, targets by handle.

    Raises:
        Refused: not the team's manager or an admin, a handle that is taken, or a spec that cannot hold.
    """
    require(actor, Right.EDIT_TEAM, team=team_id)
    handles.claim(Policy.subject_kind, handle)
    stored = checked_spec(spec)
    columns = {
        "handle": handle,
        "name": checks.name(name),
        "team_id": team_id,
        "spec": stored,
        "made_by": made_by,
    }
    facts = {"handle": handle, "name": columns["name"], "team": team_id, "spec": stored}
    policy = record(Policy(), Change("policy.added", columns, facts), actor=actor, at=at)
    _publish(policy, actor, at)
    return policy


def checked_spec(spec: Mapping[str, Any], itself: int | None = None) -> dict[str, Any]:
    """The spec as it is kept, targets by number; `itself` is the policy that it is for, if there is one.

    Raises:
        Refused: it cannot hold (`path` and `why` say where), goes in circles, or has too many steps.
    """
    try:
        policy = read_policy(dict(spec), target=target_by_handle)
    except FormFault as fault:
        raise Refused(Escalate.SPEC_INVALID, {"path": fault.path, "why": FORM[fault.reason]}) from None
    if itself is not None and goes_in_circles(policy, Target(TargetKind.POLICY, itself), policy_behind):
        raise Refused(Escalate.GOES_IN_CIRCLES)
    try:
        expanded(policy, policy_behind)
    except ValueError:
        raise Refused(Escalate.TOO_LONG, {"most": MOST_STEPS}) from None
    return write_policy(policy)


def _publish(policy: Policy, actor: Actor, at: datetime) -> PolicyVersion:
    columns = {"policy_id": policy.pk, "number": policy.version, "spec": policy.spec}
    facts = {"policy": policy.pk, "number": policy.version, "spec": policy.spec}
    return record(PolicyVersion(), Change("policy_version.published", columns, facts), actor=actor, at=at)


@command
def change_policy(
    policy_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    version: int | None = None,
) -> Policy:
    """Change name, team or `spec` (targets by handle); running escalations keep what they run.

    Raises:
        Refused: not allowed, it cannot hold, or it is no longer the `version` that the caller has read.
    """
    policy = lock(Policy, policy_id)
    require(actor, Right.EDIT_TEAM, team=policy.team_id)
    if version is not None and version != policy.version:
        raise Refused(Escalate.CHANGED_MEANWHILE, {"version": policy.version})
    unknown = set(changes) - {"name", "team_id", "made_by", "spec"}
    if unknown:
        raise ValueError(f"a policy cannot change {sorted(unknown)}")
    if changes.get("team_id") is not None:
        require(actor, Right.EDIT_TEAM, team=changes["team_id"])
    if "name" in changes:
        checks.name(changes["name"])
    wanted = dict(changes) | ({"spec": checked_spec(changes["spec"], policy_id)} if "spec" in changes else {})
    new = {key: value for key, value in wanted.items() if getattr(policy, key) != value}
    if not new:
        return policy
    if "spec" in new:
        new["version"] = policy.version + 1
    facts = {key: {"before": getattr(policy, key), "after": value} for key, value in new.items()}
    changed = record(policy, Change("policy.changed", new, facts), actor=actor, at=at)
    if "spec" in new:
        _publish(changed, actor, at)
    return changed


@command
def retire_policy(policy_id: int, *, actor: Actor, at: datetime) -> Policy:
    """Retire a policy; refused while something live points at it (`by` says what)."""
    policy = lock(Policy, policy_id)
    require(actor, Right.EDIT_TEAM, team=policy.team_id)
    if policy.retired_at is not None:
        return policy
    by = pointers.pointing_at(policy)
    if by:
        raise Refused(Retiring.POINTED_AT, {"handle": policy.handle, "by": ", ".join(by)})
    return record(policy, Change("policy.retired", {"retired_at": at}), actor=actor, at=at)


@command
def restore_policy(policy_id: int, *, actor: Actor, at: datetime) -> Policy:
    """Put a retired policy back in use."""
    policy = lock(Policy, policy_id)
    require(actor, Right.EDIT_TEAM, team=policy.team_id)
    if policy.retired_at is None:
        return policy
    return record(policy, Change("policy.restored", {"retired_at": None}), actor=actor, at=at)
