"""Alerts made of labels and annotations, as Prometheus and all built on it send them (wire 3.1, 3.2).

One reader for Alertmanager, Grafana, Grafana OnCall and incident.io, whose bodies are the same but for a few
members, and for Prometheus itself. Pure, like every source.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from muster.core.ports.source_form import Malformed
from muster.core.reading import first_of, is_web_address, severity_of, texts_of
from muster.core.signals import Action, Image, Link, Signal, make_signal
from muster.core.text import sender_time

ALERTS_LIMIT = 10_000
COPIES_LIMIT_BYTES = 128 * 1024 * 1024

_SUMMARY_ANNOTATIONS = ("summary", "title", "message", "description")
_SOURCE_LABELS = ("instance", "host", "node", "pod")
_COMPONENT_LABELS = ("service", "job", "app", "component")
_GROUP_LABELS = ("cluster", "namespace", "environment", "env")
_LINK_ANNOTATIONS = ("runbook_url", "runbook", "dashboard_url", "dashboard")
_LINK_MEMBERS = ("dashboardURL", "panelURL", "silenceURL")
_GROUP_MEMBERS = ("receiver", "externalURL", "truncatedAlerts", "notification_reason", "version", "orgId")
_VALUE_MEMBERS = ("values", "valueString")

_FNV_OFFSET, _FNV_PRIME, _FNV_BITS = 14695981039346656037, 1099511628211, 0xFFFF_FFFF_FFFF_FFFF


def fingerprint(labels: Mapping[str, str]) -> str:
    """What Alertmanager calls an alert with these labels: FNV-1a over their sorted names and values.

    The same alert has the same key whether Prometheus tells us itself or Alertmanager does.
    """
    digest = _FNV_OFFSET
    for name in sorted(labels):
        for byte in b"%b\xff%b\xff" % (_bytes(name), _bytes(labels[name])):
            digest = ((digest ^ byte) * _FNV_PRIME) & _FNV_BITS
    return f"{digest:016x}"


def group_signals(body: Any, client: str) -> list[Signal]:
    """One signal for each alert of a notification's group; a firing group may hold resolved alerts.

    The deduplication key is the alert's fingerprint. The group is the SHA-256 of `groupKey`, which is also
    what Alertmanager's own PagerDuty receiver sends as key. Raises `Malformed`.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("alerts"), list):
        raise Malformed(["'alerts' must be a list: send the webhook body unchanged"])
    alerts = body["alerts"]
    refuse_too_many(alerts)
    shared = {name: value for name, value in body.items() if name != "alerts"}
    _refuse_copies(len(alerts), shared)
    errors = list(_group_errors(alerts, body))
    if errors:
        raise Malformed(errors[:20])
    return [_member(alert, body, shared, client) for alert in alerts]


def refuse_too_many(alerts: list[Any]) -> None:
    """Raise `Malformed` for more alerts than anybody means in one request."""
    if len(alerts) > ALERTS_LIMIT:
        raise Malformed([f"One request may hold {ALERTS_LIMIT} alerts: set max_alerts in the receiver"])


def _refuse_copies(count: int, shared: Mapping[str, Any]) -> None:
    """Each alert is kept with what all share, so that it can be read again by itself."""
    if len(msgspec.json.encode(shared)) * count > COPIES_LIMIT_BYTES:
        raise Malformed(["What the alerts share is too large to keep with each: lower max_alerts"])


def _group_errors(alerts: list[Any], body: Mapping[str, Any]) -> Iterator[str]:
    for index, alert in enumerate(alerts):
        if not isinstance(alert, Mapping):
            yield f"'alerts[{index}]' must be an object"
            continue
        if _status(alert, body) not in ("firing", "resolved"):
            yield f"'alerts[{index}].status' must be 'firing' or 'resolved'"
        if not alert.get("fingerprint") and not texts_of(alert.get("labels")):
            yield f"'alerts[{index}]' has neither 'fingerprint' nor 'labels' to know it by"


def _status(alert: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
    return alert.get("status") or body.get("status")


def _member(
    alert: Mapping[str, Any], body: Mapping[str, Any], shared: Mapping[str, Any], client: str
) -> Signal:
    own = texts_of(alert.get("labels"))
    resolved = _status(alert, body) == "resolved"
    group_key = body.get("groupKey")
    return labelled_signal(
        Action.RESOLVE if resolved else Action.TRIGGER,
        str(alert.get("fingerprint") or fingerprint(own)),
        alert,
        labels={**texts_of(body.get("commonLabels")), **texts_of(body.get("groupLabels")), **own},
        annotations={**texts_of(body.get("commonAnnotations")), **texts_of(alert.get("annotations"))},
        details={
            **{name: body[name] for name in _GROUP_MEMBERS if body.get(name) not in (None, "")},
            **{name: alert[name] for name in _VALUE_MEMBERS if alert.get(name) not in (None, "")},
        },
        client=client,
        client_url=str(body.get("externalURL") or ""),
        group_key=hashlib.sha256(_bytes(str(group_key))).hexdigest() if group_key else "",
        ended_at=sender_time(alert.get("endsAt")) if resolved else None,
        raw={**shared, "alerts": [alert]},
    )


def labelled_signal(
    action: Action,
    dedup_key: str,
    alert: Mapping[str, Any],
    *,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    details: Mapping[str, Any],
    **more: Any,
) -> Signal:
    """The signal of one alert, with the places where such alerts keep what people need; `more` as it is."""
    image = alert.get("imageURL")
    return make_signal(
        action,
        dedup_key,
        summary=first_of(annotations, _SUMMARY_ANNOTATIONS) or _named_after(labels),
        severity=severity_of(labels.get("severity", "")),
        source=first_of(labels, _SOURCE_LABELS),
        component=first_of(labels, _COMPONENT_LABELS),
        group=first_of(labels, _GROUP_LABELS),
        class_=labels.get("alertname", ""),
        labels=labels,
        details={**annotations, **details},
        links=list(_links(alert, annotations)),
        images=[Image(image)] if is_web_address(image) else (),
        occurred_at=sender_time(alert.get("startsAt")),
        **more,
    )


def _named_after(labels: Mapping[str, str]) -> str:
    name, source = labels.get("alertname", "Alert"), first_of(labels, _SOURCE_LABELS)
    return f"{name} ({source})" if source else name


def _links(alert: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[Link]:
    generator = alert.get("generatorURL")
    if isinstance(generator, str) and generator:
        yield Link(generator, "generatorURL")
    for found, names in ((alert, _LINK_MEMBERS), (annotations, _LINK_ANNOTATIONS)):
        for name in names:
            if name in found and is_web_address(found[name]):
                yield Link(found[name], name)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
