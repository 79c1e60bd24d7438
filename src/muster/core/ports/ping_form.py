"""How jobs ping, by each protocol that they speak: where, and what is answered. Pure and usable anywhere."""

from collections.abc import Callable
from dataclasses import dataclass

from muster.core.heartbeats import PingKind
from muster.core.ports.source_form import Reply


@dataclass(frozen=True, slots=True)
class Pinged:
    """What a request says. The key is the heartbeat's own, or with a `name` that of another sender."""

    key: str
    kind: PingKind = PingKind.SUCCESS
    exit_status: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class PingDoor:
    """One way of pinging.

    `read` gets the method, the raw path and the `Authorization` header, and returns what is said, or the
    answer to what makes no sense, or None where the request is not this door's.
    """

    name: str
    prefix: bytes
    read: Callable[[str, bytes, str], Pinged | Reply | None]
    heard: Callable[[float], Reply]
    """It is on disk; gets how many seconds that took."""
    unknown_key: Callable[[str], Reply]
    unknown_name: Callable[[str], Reply]
    unfit: Callable[[], Reply]
    """The store refuses what it says."""
    cut: Callable[[], Reply]
    too_large: Callable[[], Reply]
    overloaded: Callable[[], Reply]
    unavailable: Callable[[], Reply]
