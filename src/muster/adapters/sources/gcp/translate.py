"""Google Cloud Monitoring's webhook (schema 1.2): an incident opened or closed.

How sure this is: the members of `incident`, that `incident_id` is the same at both ends, and the words of
`state` (open, closed) and `severity` (Critical, Error, Warning, No severity) are documented, and were seen in
bodies that others logged (sure). `documentation.links` is documented (likely). Times are seconds since 1970.
"""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    mapping_of,
    objects_in,
    said,
    scalars_of,
    severity_of,
    short_texts_of,
    text_of,
    web_links,
)
from muster.core.signals import Action, Link, Signal, make_signal
from muster.core.text import sender_time

_ACTIONS = {"open": Action.TRIGGER, "closed": Action.RESOLVE}
_NO_SEVERITY = frozenset(("", "no severity"))
_TOLD = ("condition_name", "observed_value", "threshold_value", "resource_type_display_name", "resource_name")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. The key is the incident's id, which opening and closing share.

    A policy without severity may say one in its user label `severity`. Raises `Malformed`.
    """
    incident = mapping_of(mapping_of(body).get("incident"))
    told = scalars_of(incident)
    state = told.get("state", "").strip().lower()
    errors = []
    if not told.get("incident_id"):
        errors.append("'incident.incident_id' is missing: use a webhook notification channel as it is")
    if state not in _ACTIONS:
        errors.append("'incident.state' must be 'open' or 'closed'")
    if errors:
        raise Malformed(errors)
    return [_signal(_ACTIONS[state], incident, told, body)]


def _signal(action: Action, incident: Mapping[str, Any], told: Mapping[str, str], body: Any) -> Signal:
    resource, metric = mapping_of(incident.get("resource")), mapping_of(incident.get("metric"))
    users = short_texts_of(incident.get("policy_user_labels"))
    labels = short_texts_of(metric.get("labels")) | short_texts_of(resource.get("labels")) | users
    documentation = mapping_of(incident.get("documentation"))
    severity = told.get("severity", "").strip()
    return make_signal(
        action,
        told["incident_id"],
        summary=_summary(told, documentation),
        severity=severity_of(users.get("severity", "") if severity.lower() in _NO_SEVERITY else severity),
        source=told.get("resource_display_name") or told.get("resource_name", ""),
        component=users.get("service") or text_of(resource.get("type")),
        group=told.get("scoping_project_id") or labels.get("project_id", ""),
        class_=told.get("policy_name", ""),
        labels=said(policy=told.get("policy_name", ""), condition=told.get("condition_name", "")) | labels,
        details=said(
            metric=text_of(metric.get("type")),
            documentation=text_of(documentation.get("content")),
            **{name: told.get(name) for name in _TOLD},
        ),
        links=_links(told, documentation),
        client="Google Cloud Monitoring",
        client_url=told.get("url", ""),
        occurred_at=sender_time(incident.get("started_at")),
        ended_at=sender_time(incident.get("ended_at")) if action is Action.RESOLVE else None,
        raw=body,
    )


def _summary(told: Mapping[str, str], documentation: Mapping[str, Any]) -> str:
    """The policy and what was measured; the policy's own subject line where somebody wrote one."""
    name = text_of(documentation.get("subject")).strip() or told.get("policy_name", "").strip()
    measured = told.get("summary", "").strip() or told.get("condition_name", "").strip()
    return f"{name}: {measured}" if name and measured else name or measured or "Google Cloud incident"


def _links(told: Mapping[str, str], documentation: Mapping[str, Any]) -> list[Link]:
    runbooks = objects_in(documentation.get("links"))
    return web_links(
        ("Incident", told.get("url")),
        *((text_of(one.get("displayName")) or "Documentation", one.get("url")) for one in runbooks),
    )
