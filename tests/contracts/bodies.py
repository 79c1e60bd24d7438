"""Every body that a sender is known to send: samples beside the parsers, captures, documented payloads.

And what can become of a body on its way: each member of it dropped, of another type, or huge (reliability 8).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.payloads import WIRE
from muster.adapters.sources.alertmanager import door as alertmanager
from muster.adapters.sources.opsgenie import door as opsgenie
from muster.adapters.sources.pagerduty import door as pagerduty
from muster.adapters.sources.prometheus import door as prometheus
from muster.adapters.sources.sns import door as sns
from muster.adapters.sources.victorops import door as victorops
from muster.config.wiring import SOURCES
from muster.core.ports.source_form import Door

DOORS = {door.name: door for source in SOURCES for door in source.doors}
ADAPTERS = Path(alertmanager.__file__).parents[1]
CAPTURES = WIRE / "captures"
PAYLOADS = ("datadog", "grafana", "incidentio", "sentry")
"""The doors whose documented payloads lie in `wire/payloads`, by how their names begin."""
CAPTURED = {
    "change_event": pagerduty.CHANGE_EVENTS,
    "pagerduty_v1": pagerduty.EVENTS_V1,
    "webhook": alertmanager.DOOR,
    "am_api_v2": prometheus.DOOR,
    "moto_sns": sns.DOOR,
    "victorops": victorops.DOOR,
    "": pagerduty.EVENTS_V2,
}
"""The door of each capture, by the first of these that its name holds."""
GENIE = {"create": opsgenie.CREATE, "close": opsgenie.CLOSE, "acknowledge": opsgenie.ACKNOWLEDGE}
"""The doors among what clients of Opsgenie ask, by how a capture's name ends; the rest is no door's."""


@dataclass(frozen=True)
class Known:
    """A body that a sender sends, and what comes with it."""

    door: Door
    name: str
    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.door.name}:{self.name}"


def samples() -> Iterator[tuple[Door, Path]]:
    """What lies beside each parser."""
    for door in DOORS.values():
        for path in sorted((ADAPTERS / door.kind / "samples").glob(f"{door.name}_*.json")):
            yield door, path


def captures() -> list[Path]:
    """All but those of Opsgenie's API, most of which is no door (see `test_opsgenie_source.py`)."""
    return sorted(path for path in CAPTURES.glob("*.json") if "opsgenie" not in path.name)


def door_of(capture: Path) -> Door:
    """The door at which this would have come in."""
    if "opsgenie" in capture.name:
        return GENIE[capture.stem.rpartition("_")[2]]
    return next(door for part, door in CAPTURED.items() if part in capture.name)


def known() -> list[Known]:
    """All of them, each once."""
    found = [Known(door, path.stem, json.loads(path.read_text())) for door, path in samples()]
    genie = [path for path in CAPTURES.glob("*opsgenie*") if path.stem.rpartition("_")[2] in GENIE]
    found += [_captured(path) for path in (*captures(), *sorted(genie))]
    for prefix in PAYLOADS:
        for path in sorted((WIRE / "payloads").glob(f"{prefix}_*.json")):
            if "template" not in path.name:
                body = json.loads(path.read_text())["body"]
                found.append(Known(DOORS[prefix], path.stem, body))
    signed = json.loads((WIRE / "payloads" / "aws_sns_signed.json").read_text())["messages"]
    return found + [Known(sns.DOOR, name, message) for name, message in sorted(signed.items())]


def _captured(path: Path) -> Known:
    request = json.loads(path.read_text())["request"]
    headers = {name.lower(): value for name, value in request["headers"]}
    headers[":path"] = request["target"].partition("?")[0].rstrip("/")
    return Known(door_of(path), path.stem, json.loads(request["body"] or "{}"), headers)


OTHERS: tuple[Any, ...] = (
    *(None, "", 0, -1, 1e300, True, [], {}, ["x"], {"x": "y"}, "a\x00b", 10**30),
    *("x" * 70_000, ["x"] * 3_000, {f"k{n}": "v" for n in range(3_000)}),
)
"""What may stand where something else ought to: of another type, empty, or huge."""


def mutations(body: Any) -> Iterator[Any]:
    """The body with each member, however deep, dropped or of another type (reliability section 8)."""
    for path in list(paths(body)):
        yield changed(body, path, None, drop=True)
        for other in OTHERS:
            yield changed(body, path, other)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member, however deep."""
    items = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in items:
        yield (*at, name)
        yield from paths(inner, (*at, name))


def changed(body: Any, path: tuple[Any, ...], other: Any, *, drop: bool = False) -> Any:
    """A copy of the body with another value in this place, or nothing."""
    copied = dict(body) if isinstance(body, Mapping) else list(body)
    if len(path) > 1:
        copied[path[0]] = changed(body[path[0]], path[1:], other, drop=drop)
    elif drop:
        del copied[path[0]]
    else:
        copied[path[0]] = other
    return copied
