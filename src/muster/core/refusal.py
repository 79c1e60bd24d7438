"""How a command says no: nothing was written, and the reason is one of an enum."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Refused(Exception):
    """A command was refused; `reason` says why and `detail` holds the facts for the sentence shown."""

    def __init__(self, reason: StrEnum, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.detail: dict[str, Any] = dict(detail or {})
