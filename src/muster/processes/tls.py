"""TLS: the check of certificate and key before anything starts, and how we ask ourselves."""

import socket
import ssl
from pathlib import Path

from muster.processes.problems import CannotStart


def check_tls(tls_cert: str | None, tls_key: str | None) -> None:
    """Raises CannotStart with one line when certificate and key are not both there, readable, and a pair."""
    if tls_cert is None and tls_key is None:
        return
    if tls_cert is None or tls_key is None:
        raise CannotStart("--tls-cert and --tls-key go together: give both, or neither.")
    for option, file in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
        try:
            Path(file).read_bytes()
        except OSError as error:
            raise CannotStart(f"{option} {file} cannot be read: {error.strerror}.") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls_cert, tls_key)
    except (ssl.SSLError, OSError) as error:
        raise CannotStart(
            f"--tls-cert {tls_cert} and --tls-key {tls_key} are not a PEM pair: {error}."
        ) from error


def to_ourselves(connection: socket.socket) -> ssl.SSLSocket:
    """The connection under TLS, whatever the certificate says: we ask ourselves, over a socket we opened."""
    return ssl._create_unverified_context().wrap_socket(connection)
