"""Azure Monitor's common alert schema: one signal for each notification of an action group.

How sure this is: the members of `essentials`, that `alertId` is the same when an alert fires and when it is
resolved, and Sev0 (critical) to Sev4 (verbose) are documented (sure). A service health alert says Fired even
when its `stage` is Resolved, as in Microsoft's own example (sure), so what Azure tells of one trouble is kept
together by its tracking id (likely). A resource health alert fires for each change of health (likely), so it
is known by its resource. Some log and activity alerts never say Resolved (documented). The address of an
alert in the portal is from memory (likely).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    listed,
    mapping_of,
    objects_in,
    said,
    scalars_of,
    short_texts_of,
    text_of,
    web_links,
)
from muster.core.signals import Action, Link, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

SCHEMA = "azureMonitorCommonAlertSchema"

_SEVERITIES = {
    "sev0": SignalSeverity.CRITICAL,
    "sev1": SignalSeverity.ERROR,
    "sev2": SignalSeverity.WARNING,
    "sev3": SignalSeverity.INFO,
    "sev4": SignalSeverity.INFO,
}
_OVER = frozenset(("resolved", "complete", "completed", "canceled", "rca"))
_PORTAL = "https://portal.azure.com/#view/Microsoft_Azure_Monitoring_Alerts/AlertDetails.ReactView/alertId/"
_SEARCHES = ("linkToFilteredSearchResultsUI", "linkToSearchResultsUI", "linkToSearchResults")
_TOLD = ("alertRule", "alertRuleID", "signalType", "monitoringService", "originAlertId", "description")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. The key is the alert's id; see above for health alerts. Raises `Malformed`."""
    told = mapping_of(body)
    data = mapping_of(told.get("data"))
    essentials, context = mapping_of(data.get("essentials")), mapping_of(data.get("alertContext"))
    if told.get("schemaId") != SCHEMA or not essentials:
        raise Malformed(["Not the common alert schema: switch it on for this webhook in the action group"])
    condition = text_of(essentials.get("monitorCondition")).strip().lower()
    errors = []
    if not text_of(essentials.get("alertId")).strip():
        errors.append("'data.essentials.alertId' is missing")
    if condition not in ("fired", "resolved"):
        errors.append("'data.essentials.monitorCondition' must be 'Fired' or 'Resolved'")
    if errors:
        raise Malformed(errors)
    key, is_over = _story(essentials, mapping_of(context.get("properties")))
    return [_signal(key, is_over or condition == "resolved", data, essentials, context, told)]


def _story(essentials: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[str, bool]:
    """The key of what this is about, and whether a health alert tells its end while it says Fired."""
    service = text_of(essentials.get("monitoringService")).replace(" ", "").lower()
    tracking_id = text_of(properties.get("trackingId"))
    if service == "servicehealth" and tracking_id:
        return f"servicehealth:{tracking_id}", text_of(properties.get("stage")).strip().lower() in _OVER
    targets, health = listed(essentials.get("alertTargetIDs")), text_of(properties.get("currentHealthStatus"))
    if service == "resourcehealth" and targets and health:
        return f"resourcehealth:{targets[0].lower()}", health.strip().lower() == "available"
    return text_of(essentials.get("alertId")), False


def _signal(
    key: str,
    is_over: bool,
    data: Mapping[str, Any],
    essentials: Mapping[str, Any],
    context: Mapping[str, Any],
    body: Mapping[str, Any],
) -> Signal:
    targets = listed(essentials.get("alertTargetIDs"))
    items = listed(essentials.get("configurationItems")) or [one.rpartition("/")[2] for one in targets]
    service = text_of(essentials.get("monitoringService"))
    resolved_at = sender_time(essentials.get("resolvedDateTime"))
    return make_signal(
        Action.RESOLVE if is_over else Action.TRIGGER,
        key,
        summary=_summary(essentials, context, items),
        severity=_SEVERITIES.get(text_of(essentials.get("severity")).strip().lower(), SignalSeverity.ERROR),
        source=items[0] if items else "",
        component=text_of(essentials.get("targetResourceType")) or _resource_type(targets),
        group=text_of(essentials.get("targetResourceGroup")) or _resource_group(targets),
        class_=text_of(essentials.get("alertRule")),
        labels=said(monitoring_service=service, severity=text_of(essentials.get("severity")))
        | short_texts_of(data.get("customProperties")),
        details=scalars_of(context.get("properties"))
        | said(
            targets=targets,
            conditions=[text for one in _conditions(context) if (text := _in_words(one))],
            **{name: essentials.get(name) for name in _TOLD},
        ),
        links=_links(essentials, context),
        client="Azure Monitor",
        occurred_at=sender_time(essentials.get("firedDateTime")),
        ended_at=resolved_at if is_over else None,
        raw=body,
    )


def _summary(essentials: Mapping[str, Any], context: Mapping[str, Any], items: list[str]) -> str:
    """The rule, where, and why: a health alert's title, the rule's description, or the measured values."""
    title = text_of(mapping_of(context.get("properties")).get("title")).strip()
    rule = text_of(essentials.get("alertRule")).strip() or "Azure Monitor alert"
    where = f"{rule} on {', '.join(items[:3])}" if items else rule
    measured = "; ".join(filter(None, map(_in_words, _conditions(context))))
    why = title or text_of(essentials.get("description")).strip() or measured
    return f"{where}: {why}" if why else where


def _conditions(context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(objects_in(mapping_of(context.get("condition")).get("allOf")))


def _in_words(condition: Mapping[str, Any]) -> str:
    """`Percentage CPU GreaterThan 90, is 97.5`, of a metric or a log search."""
    told = scalars_of(condition)
    name = told.get("metricName") or told.get("metricMeasureColumn", "")
    value = told.get("metricValue", "")
    limit = " ".join(part for part in (name, told.get("operator", ""), told.get("threshold", "")) if part)
    return f"{limit}, is {value}" if limit and value else limit


def _resource_type(targets: list[str]) -> str:
    """`microsoft.compute/virtualmachines` of a resource's id."""
    _, found, rest = (targets[0].lower() if targets else "").partition("/providers/")
    return "/".join(rest.split("/")[:2]) if found else ""


def _resource_group(targets: list[str]) -> str:
    _, found, rest = (targets[0].lower() if targets else "").partition("/resourcegroups/")
    return rest.split("/")[0] if found else ""


def _links(essentials: Mapping[str, Any], context: Mapping[str, Any]) -> list[Link]:
    alert = text_of(essentials.get("alertId"))
    searches = ((name, one.get(name)) for one in _conditions(context) for name in _SEARCHES)
    return web_links(
        ("Alert", _PORTAL + quote(alert.encode("utf-8", "replace"), safe="")),
        ("Investigation", essentials.get("investigationLink")),
        *(("Search results", address) for _, address in searches),
    )
