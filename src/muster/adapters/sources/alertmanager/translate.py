"""Alertmanager's webhook body (version 4): one signal for each alert of the group (wire facts 3.1)."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import first_of, is_web_address, made_key, severity_of, texts_of
from muster.core.signals import Action, Link, Signal, make_signal
from muster.core.text import sender_time

ALERTS_LIMIT = 10_000

_SUMMARY_ANNOTATIONS = ("summary", "title", "message", "description")
_SOURCE_LABELS = ("instance", "host", "node", "pod")
_COMPONENT_LABELS = ("service", "job", "app", "component")
_GROUP_LABELS = ("cluster", "namespace", "environment", "env")
_LINK_ANNOTATIONS = ("runbook_url", "runbook", "dashboard_url", "dashboard")
_GROUP_MEMBERS = ("receiver", "externalURL", "truncatedAlerts", "notification_reason", "version")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. A firing group may hold resolved alerts; each alert speaks for itself.

    The deduplication key is the alert's fingerprint, or one made from its sorted labels. The group is the
    SHA-256 of `groupKey`, which is also what Alertmanager's own PagerDuty receiver sends as key. Raises
    `Malformed`.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("alerts"), list):
        raise Malformed(["'alerts' must be a list: send Alertmanager's webhook body (version 4) unchanged"])
    alerts = body["alerts"]
    if len(alerts) > ALERTS_LIMIT:
        raise Malformed([f"'alerts' holds more than {ALERTS_LIMIT} alerts: set max_alerts in the receiver"])
    errors = list(_errors(alerts, body))
    if errors:
        raise Malformed(errors[:20])
    return [_signal(alert, body) for alert in alerts]


def _errors(alerts: list[Any], body: Mapping[str, Any]) -> Iterator[str]:
    for index, alert in enumerate(alerts):
        if not isinstance(alert, Mapping):
            yield f"'alerts[{index}]' must be an object"
            continue
        if _status(alert, body) not in ("firing", "resolved"):
            yield f"'alerts[{index}].status' must be 'firing' or 'resolved'"
        if not alert.get("fingerprint") and not texts_of(alert.get("labels")):
            yield f"'alerts[{index}]' has neither 'fingerprint' nor 'labels' to know it by"


def _signal(alert: Mapping[str, Any], body: Mapping[str, Any]) -> Signal:
    own = texts_of(alert.get("labels"))
    labels = {**texts_of(body.get("commonLabels")), **texts_of(body.get("groupLabels")), **own}
    annotations = {**texts_of(body.get("commonAnnotations")), **texts_of(alert.get("annotations"))}
    resolved = _status(alert, body) == "resolved"
    group_key = body.get("groupKey")
    return make_signal(
        Action.RESOLVE if resolved else Action.TRIGGER,
        str(alert.get("fingerprint") or made_key(sorted(own.items()))),
        summary=first_of(annotations, _SUMMARY_ANNOTATIONS) or _named_after(labels),
        severity=severity_of(labels.get("severity", "")),
        source=first_of(labels, _SOURCE_LABELS),
        component=first_of(labels, _COMPONENT_LABELS),
        group=first_of(labels, _GROUP_LABELS),
        class_=labels.get("alertname", ""),
        labels=labels,
        details={**annotations, **{k: body[k] for k in _GROUP_MEMBERS if body.get(k) not in (None, "")}},
        links=list(_links(alert, annotations)),
        client="Alertmanager",
        client_url=str(body.get("externalURL") or ""),
        group_key=hashlib.sha256(str(group_key).encode("utf-8", "replace")).hexdigest() if group_key else "",
        occurred_at=sender_time(alert.get("startsAt")),
        ended_at=sender_time(alert.get("endsAt")) if resolved else None,
        raw={**{k: v for k, v in body.items() if k != "alerts"}, "alerts": [alert]},
    )


def _status(alert: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
    return alert.get("status") or body.get("status")


def _named_after(labels: Mapping[str, str]) -> str:
    name, source = labels.get("alertname", "Alert"), first_of(labels, _SOURCE_LABELS)
    return f"{name} ({source})" if source else name


def _links(alert: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[Link]:
    generator = alert.get("generatorURL")
    if isinstance(generator, str) and generator:
        yield Link(generator, "generatorURL")
    for name in _LINK_ANNOTATIONS:
        if is_web_address(annotations.get(name)):
            yield Link(annotations[name], name)
