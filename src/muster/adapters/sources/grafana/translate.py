"""Grafana's webhook body: an Alertmanager's with pictures, values and more links (wire facts 3.2)."""

from collections.abc import Mapping
from typing import Any

from muster.core.labelled import group_signals
from muster.core.signals import Signal


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. Raises `Malformed`."""
    return group_signals(body, "Grafana")
