"""The port through which a status page's bytes reach the place readers get them from (R45; reliability I17,
I18).

Imported only by what is due, by adapters and by the wiring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from muster.core.ports.publisher_form import PublisherForm


@dataclass(frozen=True, slots=True)
class Published:
    """The bytes are live: read back and found equal. `digest` is the SHA-256 over all paths and bytes."""

    digest: str
    files: int
    written: int


class PublishReason(StrEnum):
    """Why a page is not live; views word it."""

    BAD_NAME = "bad_name"
    NO_SPACE = "no_space"
    NOT_WRITABLE = "not_writable"
    NOT_CONFIRMED = "not_confirmed"
    FAILED = "failed"


class PublishFailed(Exception):
    """The page is not live as asked; each file readers see is whole. `detail` is for engineers."""

    def __init__(self, reason: PublishReason, detail: str = "") -> None:
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason
        self.detail = detail


class Publisher(Protocol):
    """Somewhere to put a status page."""

    @property
    def form(self) -> PublisherForm:
        """How this kind describes itself."""
        ...

    def publish(self, slug: str, files: Mapping[str, bytes]) -> Published:
        """Make exactly these files the page `slug`, paths relative and with forward slashes.

        No reader ever sees half a file. Returns only after the bytes were confirmed, else raises
        `PublishFailed`.
        """
        ...
