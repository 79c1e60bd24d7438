"""Which single addresses a process may connect to, because the admin named them (design section 10)."""

import contextlib
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from muster.adapters.contacts.email.server import SmtpServer
from muster.adapters.egress import resolve


def endpoints(named: Iterable[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """All addresses of these hosts and ports; one that is not known now is not among them."""
    found: set[tuple[str, int]] = set()
    for host, port in named:
        with contextlib.suppress(socket.gaierror):
            found |= {(address, port) for address in resolve(host, port)}
    return frozenset(found)


def mail_endpoint(email_url: str) -> list[tuple[str, int]]:
    """The mail server's, if one is named."""
    server = SmtpServer.parse(email_url) if email_url else None
    return [(server.host, server.port)] if server is not None else []


def web_endpoint(url: str) -> list[tuple[str, int]]:
    """The host and port of a web address, if there is one."""
    parts = urlsplit(url)
    return [(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))] if url else []
