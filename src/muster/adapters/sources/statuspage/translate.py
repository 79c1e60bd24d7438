"""A supplier's status page, as Statuspage tells its webhook subscribers: incidents and component updates.

How sure this is: both shapes, their status words, and that the supplier's name is nowhere but in the host of
`meta.unsubscribe`, were read in recorded bodies that another receiver keeps for its tests (sure). The words
of impact and of a maintenance's status are documented for the same service's API (sure). Pages of other
makers copy the shape, with capital letters and without underscores in their words (likely), so words are
compared without either. A maintenance comes as an incident with impact `maintenance` (likely).
"""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    first_of,
    host_in,
    listed,
    mapping_of,
    objects_in,
    said,
    scalars_of,
    severity_of,
    text_of,
    web_links,
)
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

NOT_KEPT = ("unsubscribe",)
"""Who has it may end the subscription."""
_RESOLVED = frozenset(("resolved", "postmortem"))
_MAINTENANCE = frozenset(("scheduled", "inprogress", "verifying", "completed"))
_COMPONENT_SEVERITIES = {
    "majoroutage": SignalSeverity.CRITICAL,
    "partialoutage": SignalSeverity.ERROR,
    "degradedperformance": SignalSeverity.WARNING,
}


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one message. The key is the incident's id or the component's, so the end finds its beginning.

    What a supplier does on purpose, a maintenance, is a change and no alert. Raises `Malformed`.
    """
    told = mapping_of(body)
    meta = mapping_of(told.get("meta"))
    raw = {**told, "meta": {name: value for name, value in meta.items() if name not in NOT_KEPT}}
    supplier = host_in(meta.get("unsubscribe"))
    incident, component = mapping_of(told.get("incident")), mapping_of(told.get("component"))
    if incident:
        return [_incident(incident, supplier, raw)]
    if component or told.get("component_update"):
        return [_component(component, mapping_of(told.get("component_update")), supplier, raw)]
    raise Malformed(["Neither 'incident' nor 'component' is there: subscribe this address to a status page"])


def _word(value: Any) -> str:
    """A status word as it is compared: `partial_outage` and `PARTIALOUTAGE` are one."""
    return text_of(value).strip().lower().replace("_", "").replace(" ", "")


def _incident(incident: Mapping[str, Any], supplier: str, raw: Mapping[str, Any]) -> Signal:
    told, updates = scalars_of(incident), objects_in(incident.get("incident_updates"))
    newest = updates[0] if updates else {}
    if not told.get("id"):
        raise Malformed(["'incident.id' is missing: send the status page's message as it is"])
    status = _word(incident.get("status")) or _word(newest.get("status"))
    impact = told.get("impact_override") or told.get("impact", "")
    action = _incident_action(status, impact)
    parts = listed([one.get("name") for one in objects_in(incident.get("components"))])
    name = told.get("name") or "Incident"
    resolved_at = sender_time(incident.get("resolved_at"))
    what = f"{name}: {status}" if action is Action.CHANGE else name
    return make_signal(
        action,
        f"incident:{told['id']}",
        summary=f"{supplier}: {what}" if supplier else what,
        severity=SignalSeverity.INFO if action is Action.CHANGE else severity_of(impact),
        source=supplier,
        component=", ".join(parts),
        group=text_of(mapping_of(raw.get("page")).get("id")),
        class_="maintenance" if action is Action.CHANGE else "incident",
        labels=said(supplier=supplier, impact=impact, status=status, components=", ".join(parts)),
        details=said(
            said=text_of(newest.get("body")),
            page=mapping_of(raw.get("page")).get("status_description"),
            scheduled_for=told.get("scheduled_for"),
            scheduled_until=told.get("scheduled_until"),
        ),
        links=web_links(("Supplier's page", told.get("shortlink"))),
        client="Statuspage",
        client_url=told.get("shortlink", ""),
        occurred_at=sender_time(first_of(told, ("started_at", "created_at"))),
        ended_at=resolved_at if action is Action.RESOLVE else None,
        raw=raw,
    )


def _incident_action(status: str, impact: str) -> Action:
    if status in _RESOLVED:
        return Action.RESOLVE
    is_on_purpose = _word(impact) == "maintenance" or status in _MAINTENANCE
    return Action.CHANGE if is_on_purpose else Action.TRIGGER


def _component(
    component: Mapping[str, Any], update: Mapping[str, Any], supplier: str, raw: Mapping[str, Any]
) -> Signal:
    key = text_of(component.get("id")) or text_of(update.get("component_id"))
    shown = text_of(update.get("new_status")) or text_of(component.get("status"))
    status, name = _word(shown), text_of(component.get("name")) or "Component"
    errors = []
    if not key:
        errors.append("'component.id' is missing: send the status page's message as it is")
    if not status:
        errors.append("'component_update.new_status' is missing: send the status page's message as it is")
    if errors:
        raise Malformed(errors)
    action = {"operational": Action.RESOLVE, "undermaintenance": Action.CHANGE}.get(status, Action.TRIGGER)
    at = sender_time(update.get("created_at"))
    what = f"{name}: {shown.replace('_', ' ').lower()}"
    return make_signal(
        action,
        f"component:{key}",
        summary=f"{supplier}: {what}" if supplier else what,
        severity=SignalSeverity.INFO
        if action is Action.CHANGE
        else _COMPONENT_SEVERITIES.get(status, SignalSeverity.ERROR),
        source=supplier,
        component=name,
        group=text_of(mapping_of(raw.get("page")).get("id")),
        class_="component",
        labels=said(supplier=supplier, component=name, status=shown),
        details=said(
            was=text_of(update.get("old_status")),
            page=mapping_of(raw.get("page")).get("status_description"),
        ),
        client="Statuspage",
        occurred_at=None if action is Action.RESOLVE else at,
        ended_at=at if action is Action.RESOLVE else None,
        raw=raw,
    )
