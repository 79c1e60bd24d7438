"""Alertmanager's webhook body (version 4): one signal for each alert of the group (wire facts 3.1)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Link, Signal, SignalSeverity, make_signal
from muster.core.text import clean_json, sender_time

ALERTS_LIMIT = 10_000

_SEVERITIES = {
    SignalSeverity.CRITICAL: "critical crit page fatal emergency disaster urgent p1 sev1",
    SignalSeverity.ERROR: "error err major high average p2 sev2",
    SignalSeverity.WARNING: "warning warn minor medium moderate p3 sev3",
    SignalSeverity.INFO: "info informational information none notice low debug ok p4 p5 sev4",
}
_SEVERITY_OF = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}
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
        if not alert.get("fingerprint") and not _texts(alert.get("labels")):
            yield f"'alerts[{index}]' has neither 'fingerprint' nor 'labels' to know it by"


def _signal(alert: Mapping[str, Any], body: Mapping[str, Any]) -> Signal:
    own = _texts(alert.get("labels"))
    labels = {**_texts(body.get("commonLabels")), **_texts(body.get("groupLabels")), **own}
    annotations = {**_texts(body.get("commonAnnotations")), **_texts(alert.get("annotations"))}
    resolved = _status(alert, body) == "resolved"
    group_key = body.get("groupKey")
    return make_signal(
        Action.RESOLVE if resolved else Action.TRIGGER,
        str(alert.get("fingerprint") or _made_fingerprint(own)),
        summary=_first(annotations, _SUMMARY_ANNOTATIONS) or _named_after(labels),
        severity=severity_of(labels.get("severity", "")),
        source=_first(labels, _SOURCE_LABELS),
        component=_first(labels, _COMPONENT_LABELS),
        group=_first(labels, _GROUP_LABELS),
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


def severity_of(word: str) -> SignalSeverity:
    """The severity that a label's free text means; a word that nobody taught us is an error."""
    return _SEVERITY_OF.get(word.strip().lower(), SignalSeverity.ERROR)


def _status(alert: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
    return alert.get("status") or body.get("status")


def _made_fingerprint(labels: Mapping[str, str]) -> str:
    canonical = json.dumps(sorted(labels.items()), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {
        str(name): text if isinstance(text, str) else json.dumps(clean_json(text), ensure_ascii=False)
        for name, text in value.items()
        if text is not None
    }


def _first(texts: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((texts[name] for name in names if texts.get(name)), "")


def _named_after(labels: Mapping[str, str]) -> str:
    name, source = labels.get("alertname", "Alert"), _first(labels, _SOURCE_LABELS)
    return f"{name} ({source})" if source else name


def _links(alert: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[Link]:
    generator = alert.get("generatorURL")
    if isinstance(generator, str) and generator:
        yield Link(generator, "generatorURL")
    for name in _LINK_ANNOTATIONS:
        if annotations.get(name, "").startswith(("https://", "http://")):
            yield Link(annotations[name], name)
