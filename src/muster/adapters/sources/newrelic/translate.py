"""New Relic's workflow webhook: one signal for each notification about an issue.

How sure this is: the members and the words of `state` and `trigger` are those of the default payload template
and of recorded bodies that another receiver keeps for its tests (sure). In those, an acknowledgement arrives
as state ACTIVATED with trigger USER_ACTION, so `acknowledgedAt` must be added to the template to tell it
(sure). The names from before workflows, `incident_id`, `current_state` and the like, are documented (sure),
and live on in workflows that New Relic migrated (likely). HIGH is a warning threshold (likely); it counts as
an error here, as everywhere.
"""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    first_of,
    listed,
    mapping_of,
    objects_in,
    said,
    scalars_of,
    severity_of,
    web_links,
)
from muster.core.signals import Action, Image, Link, Signal, make_signal
from muster.core.text import sender_time

_KEYS = ("id", "issueId", "incident_id")
_STATES = ("state", "current_state")
_TITLES = ("title", "issueTitle", "condition_name", "details")
_ADDRESSES = ("issueUrl", "issuePageUrl", "incident_url")
_RESOLVED = frozenset(("closed", "resolved"))
_TOLD = ("totalIncidents", "isCorrelated", "trigger", "owner", "acknowledgedBy", "details", "duration")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. The key is the issue's id, which activation and closing share.

    A state that nobody taught us fires: rather a page too many than a silence. Raises `Malformed`.
    """
    issue = mapping_of(body)
    told = scalars_of(issue)
    key = first_of(told, _KEYS)
    if not key.strip():
        raise Malformed(["'id' is missing: send New Relic's default payload, with the issue's id as 'id'"])
    action = _action(told)
    entities = listed(issue.get("impactedEntities")) or listed(
        [target.get("name") for target in objects_in(issue.get("targets"))]
    )
    conditions = listed(issue.get("alertConditionNames")) or listed(issue.get("condition_name"))
    policies = listed(issue.get("alertPolicyNames")) or listed(issue.get("policy_name"))
    closed_at = sender_time(issue.get("closedAt")) or sender_time(issue.get("updatedAt"))
    return [
        make_signal(
            action,
            key,
            summary=first_of(told, _TITLES) or f"New Relic issue {key}",
            severity=severity_of(first_of(told, ("priority", "severity"))),
            source=entities[0] if entities else "",
            class_=conditions[0] if conditions else "",
            labels=said(
                policy=", ".join(policies),
                condition=", ".join(conditions),
                priority=told.get("priority", ""),
                workflow=told.get("workflowName", ""),
                account=told.get("account_name", ""),
            ),
            details=said(
                entities=entities,
                sources=listed(issue.get("sources")),
                **{name: told[name] for name in _TOLD if name in told},
            ),
            links=_links(issue, told),
            images=[Image(link.href) for link in web_links(("", issue.get("violationChartUrl")))],
            client="New Relic",
            client_url=first_of(told, _ADDRESSES),
            occurred_at=sender_time(issue.get("createdAt")),
            ended_at=closed_at if action is Action.RESOLVE else None,
            raw=body,
        )
    ]


def _action(told: Mapping[str, str]) -> Action:
    state = first_of(told, _STATES).strip().lower()
    if state in _RESOLVED:
        return Action.RESOLVE
    by_a_person = told.get("trigger", "").strip().upper() == "USER_ACTION"
    if state == "acknowledged" or (by_a_person and sender_time(told.get("acknowledgedAt"))):
        return Action.ACKNOWLEDGE
    return Action.TRIGGER


def _links(issue: Mapping[str, Any], told: Mapping[str, str]) -> list[Link]:
    runbooks = [*listed(issue.get("runbookUrl")), *listed(issue.get("runbook_url"))]
    return web_links(("Issue", first_of(told, _ADDRESSES)), *(("Runbook", address) for address in runbooks))
