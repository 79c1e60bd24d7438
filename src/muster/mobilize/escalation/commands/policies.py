"""The only writers of escalation policies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.plain_form import FormFault
from muster.core.policy import MOST_STEPS, Target, TargetKind
from muster.core.policy_form import expanded, goes_in_circles, read_policy, write_policy
from muster.core.refusal import Refused
from muster.foundation.catalog import checks, handles
from muster.foundation.catalog.commands import rows
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
    rows.owned(policy, changes, _COLUMNS, actor=actor)
    if version is not None and version != policy.version:
        raise Refused(Escalate.CHANGED_MEANWHILE, {"version": policy.version})
    wanted = dict(changes)
    if "spec" in changes:
        wanted["spec"] = checked_spec(changes["spec"], policy_id)
    if wanted.get("spec", policy.spec) == policy.spec:
        return rows.change(policy, wanted, actor=actor, at=at)
    changed = rows.change(policy, wanted | {"version": policy.version + 1}, actor=actor, at=at)
    _publish(changed, actor, at)
    return changed


_COLUMNS = frozenset({"name", "team_id", "made_by", "spec"})
