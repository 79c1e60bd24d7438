"""One request of Opsgenie's API, read; and the alert that it is about."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from muster.adapters.sources.opsgenie.ids import Thing, read_id
from muster.core.lifecycle import AlertState
from muster.core.ports.source_form import Malformed
from muster.core.signals import bounded_key
from muster.detect.models import Alert
from muster.detect.queries import Caller, alerts_of_sender

IDENTIFIERS = ("id", "alias", "tiny")
_LARGEST_NUMBER = 2**62


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, what for, and since when (by the process's clock, for `took`)."""

    caller: Caller
    query: Mapping[str, str]
    said: Mapping[str, Any]
    url: str
    begun: float

    @property
    def seconds(self) -> float:
        """How long the request has taken so far."""
        return time.monotonic() - self.begun


def alert_named(asked: Asked, identifier: str) -> Alert | None:
    """The alert that a request is about: by its id or by that of a request about it, by its number, or by its
    alias while it is open. Raises `Malformed` for another type of identifier.
    """
    kind = asked.query.get("identifierType", "id").strip().lower() or "id"
    if kind not in IDENTIFIERS:
        raise Malformed([f"identifierType: must be one of {', '.join(IDENTIFIERS)}"])
    if not identifier.strip():
        raise Malformed(["identifier: may not be empty"])
    rows = alerts_of_sender(asked.caller.actor)
    if kind == "alias":
        return rows.exclude(state=AlertState.RESOLVED).filter(dedup_key=bounded_key(identifier)).first()
    number = number_of(identifier) if kind == "id" else tiny_number(identifier)
    return rows.filter(pk=number).first() if number else None


def number_of(text: str) -> int:
    """The alert that an id names, be it the alert's or a request's; 0 when it is none of ours."""
    known = read_id(text.strip())
    return 0 if known is None or known.thing is Thing.INTEGRATION else known.number


def tiny_number(text: str) -> int:
    """The alert's own number; 0 when the text is none."""
    digits = text.strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) < 19
    return min(int(digits), _LARGEST_NUMBER) if is_number else 0
