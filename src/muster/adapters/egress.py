"""The egress guard: nothing of ours opens a socket to a private address that the admin has not listed.

Design section 10; reliability I22, S20 to S32. Two fences. `Egress.client` makes HTTP clients that resolve a
name once, check every address and connect to the address that was checked, never follow a redirect, and bound
size and time. `muster.adapters.peers.install_guard` adds an audit hook on `socket.connect` for every other
library in the process.
"""

import functools
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx

from muster.adapters.breaker import Breaker
from muster.adapters.peers import Allowed, EgressReason, EgressRefused
from muster.core.ports.contact_form import REFUSED_PORTS
from muster.foundation.failpoints import fail_point

_ADDRESSES_TRIED = 4


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
        fail_point("N3")
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
        self.breaker = Breaker()

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

        Raises `httpx.TransportError`, `EgressRefused`, `Resting` (after hanging again and again) or
        `socket.gaierror`.
        """
        return self._ask("POST", url, content, headers, seconds, limit_bytes)

    def get(self, url: str, *, seconds: float = 10, limit_bytes: int = 65536) -> Answer:
        """Get once; the rest as with `post`."""
        return self._ask("GET", url, None, {}, seconds, limit_bytes)

    def _ask(
        self,
        method: str,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str],
        seconds: float,
        limit_bytes: int,
    ) -> Answer:
        far_end = urlsplit(url).netloc
        with (
            self.breaker.watch(far_end, httpx.TimeoutException),
            self.client(seconds=seconds) as client,
            client.stream(method, url, content=content, headers=headers) as response,
        ):
            return _read(response, limit_bytes)


def _read(response: httpx.Response, limit_bytes: int) -> Answer:
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
