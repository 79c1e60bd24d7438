"""Which peers a socket of ours may have, and the hook that asks for every socket (design 10; S20 to S34)."""

import ipaddress
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


class EgressReason(StrEnum):
    """Why the guard let a peer pass, or did not."""

    GLOBAL = "global"
    LISTED = "listed"
    PRIVATE = "private"
    NOT_AN_ADDRESS = "not_an_address"
    PORT_REFUSED = "port_refused"
    OWN_ADDRESS = "own_address"


class EgressRefused(OSError):
    """The guard refused a peer. The text names no secret: only address, port and reason."""

    def __init__(self, host: str, port: int | None, reason: EgressReason) -> None:
        super().__init__(f"connection to {host} port {port} refused: {reason.value}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the admin has listed: networks (`MUSTER_ALLOW_PRIVATE_TARGETS`), and single endpoints of our own.

    `endpoints` are (address, port) that the process itself needs, such as the database over TCP.
    """

    networks: tuple[Network, ...] = ()
    endpoints: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, text: str, endpoints: Iterable[tuple[str, int]] = ()) -> "Allowed":
        """Read a comma-separated list of networks. Raises `ValueError` that names the bad one."""
        names = [part.strip() for part in text.split(",") if part.strip()]
        return cls(tuple(ipaddress.ip_network(name, strict=False) for name in names), frozenset(endpoints))

    def judge(self, host: str, port: int | None = None) -> EgressReason:
        """Say whether a literal address may be connected to. A name is never an answer: `NOT_AN_ADDRESS`."""
        try:
            address = ipaddress.ip_address(host.split("%", 1)[0])
        except ValueError:
            return EgressReason.NOT_AN_ADDRESS
        if (host, port) in self.endpoints:
            return EgressReason.LISTED
        private = [one for one in _meant(address) if not _is_global(one)]
        if not private:
            return EgressReason.GLOBAL
        return EgressReason.LISTED if all(self._lists(one) for one in private) else EgressReason.PRIVATE

    def permits(self, host: str, port: int | None = None) -> bool:
        """Whether `judge` lets it pass."""
        return self.judge(host, port) in (EgressReason.GLOBAL, EgressReason.LISTED)

    def _lists(self, address: Address) -> bool:
        return any(address.version == net.version and address in net for net in self.networks)


def _meant(address: Address) -> Iterator[Address]:
    """The address, and every IPv4 address that a translator or tunnel would make of it (S21)."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_global(address: Address) -> bool:
    """Whether the whole internet means one machine by it; translators' prefixes count by their inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved
    if address in _NAT64:
        return True
    tunnel = address.sixtofour is not None or address.teredo is not None
    return address in _GLOBAL_UNICAST and address.is_global and not tunnel


class _Guard:
    """What the audit hook asks. A hook can never be removed, so what it asks can be changed."""

    allowed: Allowed | None = None
    installed = False


def install_guard(allowed: Allowed) -> None:
    """Refuse, in this whole process and for good, every socket to a private peer that is not allowed.

    Catches every library that connects through Python's `socket`: urllib, http.client, smtplib, asyncio,
    httpx. Connections by name are refused too, because what the C library resolves nobody has judged. libpq
    does not pass here; unix sockets may.
    """
    _Guard.allowed = allowed
    if not _Guard.installed:
        _Guard.installed = True
        sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    allowed = _Guard.allowed
    if allowed is None or args[0].family not in (socket.AF_INET, socket.AF_INET6) or not args[1]:
        return
    host, port = str(args[1][0]), args[1][1]
    verdict = allowed.judge(host, port)
    if verdict not in (EgressReason.GLOBAL, EgressReason.LISTED):
        raise EgressRefused(host, port, verdict)
