"""The egress guard: nothing of ours opens a socket to a private address that the admin has not listed.

Design section 10; reliability I22, S20 to S32. Two fences. `Egress.client` makes HTTP clients that resolve a
name once, check every address and connect to the address that was checked, never follow a redirect, and bound
size and time. `install_guard` adds an audit hook on `socket.connect` for every other library in the process.
"""

import functools
import ipaddress
import socket
import ssl
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx

from muster.core.ports.contact_form import REFUSED_PORTS

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_ADDRESSES_TRIED = 4


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


class _Deadline:
    """How much is left of the time for one request."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def within(self, timeout: float | None) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this request is over")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait is cut to what is left of its request's time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.within(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _GuardedBackend(httpcore.NetworkBackend):
    """Opens sockets only to addresses it has judged, and judges the peer again once connected."""

    def __init__(self, egress: "Egress", seconds: float) -> None:
        self._egress = egress
        self._seconds = seconds
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._egress.refuse_wrong_port(host, port)
        deadline = _Deadline(self._seconds)
        failed: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in self._egress.addresses(host, port):
            try:
                stream = self._plain.connect_tcp(
                    address, port, deadline.within(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as why:
                failed = why
                continue
            self._judge_peer(stream)
            return _Stream(stream, deadline)
        raise failed

    def _judge_peer(self, stream: httpcore.NetworkStream) -> None:
        peer = stream.get_extra_info("server_addr")
        if not self._egress.allowed.permits(str(peer[0]), int(peer[1])):
            stream.close()
            raise EgressRefused(str(peer[0]), int(peer[1]), EgressReason.PRIVATE)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise EgressRefused(path, None, EgressReason.NOT_AN_ADDRESS)


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Transport(httpx.BaseTransport):
    """httpx over a guarded pool that keeps no connection: each request is judged anew."""

    def __init__(self, egress: "Egress", seconds: float) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=egress.tls_context,
            max_keepalive_connections=0,
            network_backend=_GuardedBackend(egress, seconds),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        core = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            response = self._pool.handle_request(core)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self._pool.close()


_HTTPCORE_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except _HTTPCORE_ERRORS as why:
        raise getattr(httpx, type(why).__name__, httpx.TransportError)(str(why)) from why


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, to its end; `truncated` when it said more than we wanted to read."""

    status: int
    headers: httpx.Headers
    body: bytes
    truncated: bool


class Egress:
    """All our HTTP to the outside goes through here. Safe to use from several threads."""

    def __init__(
        self, allowed: Allowed, *, own_url: str = "", tls_context: ssl.SSLContext | None = None
    ) -> None:
        self.allowed = allowed
        own = urlsplit(own_url)
        self._own = (own.hostname, own.port or (443 if own.scheme == "https" else 80))
        self.tls_context = tls_context or trusting()

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name that may be connected to, in the resolver's order.

        Raises `EgressRefused` when there is none, and `socket.gaierror` when the name is not found.
        """
        found = resolve(host, port)
        permitted = [address for address in found if self.allowed.permits(address, port)]
        if not permitted:
            raise EgressRefused(found[0], port, EgressReason.PRIVATE)
        return permitted[:_ADDRESSES_TRIED]

    def refuse_wrong_port(self, host: str, port: int) -> None:
        """Raise `EgressRefused` where HTTP has no business: other protocols' ports, and our own door."""
        if port in REFUSED_PORTS:
            raise EgressRefused(host, port, EgressReason.PORT_REFUSED)
        if (host, port) == self._own:
            raise EgressRefused(host, port, EgressReason.OWN_ADDRESS)

    def connect(self, host: str, port: int, *, seconds: float) -> socket.socket:
        """A connected socket for other protocols than HTTP. Raises `EgressRefused`, `gaierror`, `OSError`."""
        failed = OSError(f"no address for {host}")
        for address in self.addresses(host, port):
            try:
                return socket.create_connection((address, port), timeout=seconds)
            except OSError as why:
                failed = why
        raise failed

    def client(self, *, seconds: float = 10) -> httpx.Client:
        """An httpx client under guard: no redirects, no proxies from the environment, `seconds` in all."""
        return httpx.Client(
            transport=_Transport(self, seconds),
            timeout=httpx.Timeout(seconds, connect=min(5, seconds)),
            follow_redirects=False,
            trust_env=False,
            headers={"accept-encoding": "identity", "user-agent": "Muster"},
        )

    def post(
        self,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
        *,
        seconds: float = 10,
        limit_bytes: int = 65536,
    ) -> Answer:
        """Post once, and read at most `limit_bytes` of the answer, undecoded.

        Raises `httpx.TransportError`, `EgressRefused`, or `socket.gaierror`.
        """
        with (
            self.client(seconds=seconds) as client,
            client.stream("POST", url, content=content, headers=headers) as response,
        ):
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > limit_bytes:
                    return Answer(response.status_code, response.headers, bytes(body[:limit_bytes]), True)
            return Answer(response.status_code, response.headers, bytes(body), False)


@functools.cache
def trusting() -> ssl.SSLContext:
    """What the machine trusts (`SSL_CERT_FILE` too), and Mozilla's list for machines without one."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, each once, in the resolver's order. Raises `socket.gaierror`."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as why:
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from why
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


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
