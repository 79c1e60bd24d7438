"""What a decision says: one row's new columns and the one event that explains them (design section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One row's new column values and the event that tells of them.

    `kind` is `noun.past`, for example `alert.acknowledged`. `payload` holds facts that may be kept for
    ever: ids, enums, numbers, times, configuration. Human text (free text, names of persons, addresses) goes
    into `text`; the pen stores it apart, salted and digested, so that a person can be erased and the chain
    still verifies.
    """

    kind: str
    set: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    reason: StrEnum | None = None
