"""Alertmanager's webhook body (version 4): one signal for each alert of the group (wire facts 3.1)."""

from collections.abc import Mapping
from typing import Any

from muster.core.labelled import group_signals
from muster.core.signals import Signal


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. Raises `Malformed`."""
    return group_signals(body, "Alertmanager")
