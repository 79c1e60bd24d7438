"""Uptime Kuma's webhook notification: a monitor went down, or is up again.

How sure this is: `{heartbeat, monitor, msg}`, the numbers of `heartbeat.status` (0 down, 1 up, 2 pending,
3 maintenance), that a certificate about to expire brings no heartbeat, that the test's text ends in
"Testing", and that nothing is told when a monitor that is down goes into maintenance and comes up in it, was
read in its source (sure). Times are UTC (likely), as what Uptime Kuma shows people stands in `localDateTime`.
"""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    is_web_address,
    made_key,
    mapping_of,
    objects_in,
    said,
    severity_of,
    text_of,
    web_links,
)
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

_DOWN, _UP = "0", "1"
_QUIET = frozenset(("2", "3"))
_EMPTY_ADDRESSES = frozenset(("", "https://", "http://"))
NOT_KEPT = frozenset(
    [
        "basic_auth_pass",
        "basic_auth_user",
        "body",
        "databaseConnectionString",
        "grpcBody",
        "grpcMetadata",
        "headers",
        "kafkaProducerSaslOptions",
        "mqttPassword",
        "mqttUsername",
        "oauth_client_id",
        "oauth_client_secret",
        "pushToken",
        "rabbitmqPassword",
        "rabbitmqUsername",
        "radiusPassword",
        "radiusSecret",
        "radiusUsername",
        "tlsKey",
    ]
)
"""Members of a monitor that may hold somebody's secret; old versions send them."""


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. The key is the monitor's id, which down and up share. Raises `Malformed`.

    A test, a pending beat and a maintenance are nothing to page about, and give no signal.
    """
    told = mapping_of(body)
    monitor = {name: value for name, value in mapping_of(told.get("monitor")).items() if name not in NOT_KEPT}
    heartbeat, message = mapping_of(told.get("heartbeat")), text_of(told.get("msg")).strip()
    raw = {**told, "monitor": monitor}
    if not heartbeat:
        return _message(message, monitor, raw)
    key = text_of(monitor.get("id")) or text_of(heartbeat.get("monitorID"))
    status = text_of(heartbeat.get("status"))
    errors = []
    if not key:
        errors.append("'monitor.id' is missing: choose the request body 'Preset - application/json'")
    if status not in (_DOWN, _UP) and status not in _QUIET:
        errors.append("'heartbeat.status' must be 0 (down), 1 (up), 2 (pending) or 3 (maintenance)")
    if errors:
        raise Malformed(errors)
    return [] if status in _QUIET else [_beat(key, status, monitor, heartbeat, raw)]


def _beat(
    key: str, status: str, monitor: Mapping[str, Any], heartbeat: Mapping[str, Any], raw: Mapping[str, Any]
) -> Signal:
    name, why = text_of(monitor.get("name")) or f"Monitor {key}", text_of(heartbeat.get("msg")).strip()
    labels, at = _labels(monitor), sender_time(heartbeat.get("time"))
    address = _address(monitor)
    words = "is up again" if status == _UP else "is down"
    return make_signal(
        Action.RESOLVE if status == _UP else Action.TRIGGER,
        key,
        summary=f"{name} {words}: {why}" if why else f"{name} {words}",
        severity=severity_of(labels.get("severity", "")),
        source=address,
        component=name,
        class_=text_of(monitor.get("type")),
        labels=labels,
        details=said(
            message=why,
            ping_ms=heartbeat.get("ping"),
            address=address,
            description=text_of(monitor.get("description")),
        ),
        links=web_links(("What is watched", address)),
        client="Uptime Kuma",
        occurred_at=at if status == _DOWN else None,
        ended_at=at if status == _UP else None,
        raw=raw,
    )


def _message(message: str, monitor: Mapping[str, Any], raw: Mapping[str, Any]) -> list[Signal]:
    """A certificate or a name that will expire; the days that are left are no part of the key."""
    if not message:
        raise Malformed(["'heartbeat' is missing: choose the request body 'Preset - application/json'"])
    if message.endswith("Testing"):
        return []
    name = text_of(monitor.get("name"))
    return [
        make_signal(
            Action.TRIGGER,
            made_key(["message", "".join(c for c in message if not c.isdecimal())]),
            summary=message,
            severity=SignalSeverity.WARNING,
            source=_address(monitor),
            component=name,
            class_="message",
            labels=_labels(monitor),
            client="Uptime Kuma",
            raw=raw,
        )
    ]


def _address(monitor: Mapping[str, Any]) -> str:
    """What is watched: a host, with its port where there is one, or an address of the web."""
    url, host, port = (text_of(monitor.get(name)) for name in ("url", "hostname", "port"))
    if url not in _EMPTY_ADDRESSES and is_web_address(url):
        return url
    return f"{host}:{port}" if host and port else host


def _labels(monitor: Mapping[str, Any]) -> dict[str, str]:
    tags = {text_of(tag.get("name")): text_of(tag.get("value")) for tag in objects_in(monitor.get("tags"))}
    return said(monitor=text_of(monitor.get("name"))) | {name: value for name, value in tags.items() if name}
