"""The environment variables of design section 13, read once and checked; a wrong one is named in one line."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from muster.core.retention import KEPT_DAYS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DATABASE_SCHEMES = ("postgresql", "postgres")
_EMAIL_SCHEMES = ("smtp", "smtp+starttls", "smtps")
_MAIL_IN_SCHEMES = ("smtp", "imaps", "imap+starttls", "imap")
_LOG_FORMATS = ("text", "json")
_MIN_SECRET_CHARACTERS = 32
_IDLE_ENDS = "-c idle_in_transaction_session_timeout=5s"
"""A frozen process may hold locks for this long, then PostgreSQL ends its transaction (design section 4)."""
_POOL = {"min_size": 1, "timeout": 10, "max_idle": 60, "num_workers": 1}
"""What a burst has opened goes after a minute: each connection is a process of PostgreSQL with 3 to 8 MiB."""


class Misconfigured(Exception):
    """An environment variable is wrong; the message names it and says what to change, in one line."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What Muster was told from outside. Unset, `muster up` makes a `secret_key` and keeps it in `data`."""

    database_url: str
    data: Path | None
    base_url: str
    secret_key: str = field(repr=False)
    email_url: str = field(repr=False)
    mail_in: str = field(repr=False)
    heartbeat_url: str = field(repr=False)
    allow_private_targets: tuple[Network, ...]
    log_format: str
    database_role: str
    pool_max: int
    keep_signals_days: int

    def django_database(self) -> dict[str, Any]:
        """Return Django's settings of the one database; our connections take the role muster_app."""
        url = urlsplit(self.database_url)
        query = dict(parse_qsl(url.query))
        host = query.pop("host", None) or unquote(url.hostname or "")
        wanted = [f"-c role={self.database_role}", _IDLE_ENDS] if self.database_role else []
        options: dict[str, Any] = query | {
            "options": " ".join([query.pop("options", ""), *wanted]).strip(),
            "prepare_threshold": 0,  # for the statements that ask for it (`timeline.prepared`); others cannot
            "pool": _POOL | {"max_size": self.pool_max},
        }
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.lstrip("/")) or "muster",
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": host,
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }


def read_environment(environ: Mapping[str, str] | None = None) -> Environment:
    """Read and check the environment.

    Raises:
        Misconfigured: a variable is wrong; the message names it.
    """
    env = os.environ if environ is None else environ
    data = env.get("MUSTER_DATA", "")
    return Environment(
        database_url=_url(env, "MUSTER_DATABASE_URL", _DATABASE_SCHEMES),
        data=Path(data).expanduser().absolute() if data else None,
        base_url=_url(env, "MUSTER_BASE_URL", ("http", "https")).rstrip("/"),
        secret_key=_secret(env),
        email_url=_url(env, "MUSTER_EMAIL_URL", _EMAIL_SCHEMES),
        mail_in=_url(env, "MUSTER_MAIL_IN", _MAIL_IN_SCHEMES),
        heartbeat_url=_url(env, "MUSTER_HEARTBEAT_URL", ("http", "https")),
        allow_private_targets=_networks(env, "MUSTER_ALLOW_PRIVATE_TARGETS"),
        log_format=_one_of(env, "MUSTER_LOG_FORMAT", _LOG_FORMATS),
        database_role=env.get("MUSTER_DATABASE_ROLE", ""),
        pool_max=_count(env, "MUSTER_DATABASE_POOL_MAX", 24, 2, 500),
        keep_signals_days=_count(env, "MUSTER_KEEP_SIGNALS_DAYS", KEPT_DAYS, 1, 3650),
    )


def _url(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    value = env.get(name, "").strip()
    if not value:
        return ""
    try:
        url = urlsplit(value)
        port_is_a_number = url.port is None or url.port > 0
    except ValueError:  # its text quotes the URL, where a badly escaped one may hold a password
        raise Misconfigured(
            f"{name} is not a URL: in user and password write %40 for @, %23 for #."
        ) from None
    if url.scheme not in schemes or not port_is_a_number:
        raise Misconfigured(f"{name} must begin with {' or '.join(s + '://' for s in schemes)}.")
    has_host = bool(url.hostname) or "host" in dict(parse_qsl(url.query))
    if not has_host:
        raise Misconfigured(f"{name} names no host.")
    return value


def _secret(env: Mapping[str, str]) -> str:
    value = env.get("MUSTER_SECRET_KEY", "")
    if value and len(value) < _MIN_SECRET_CHARACTERS:
        raise Misconfigured(
            f"MUSTER_SECRET_KEY has {len(value)} characters, it needs {_MIN_SECRET_CHARACTERS} or more."
        )
    return value or secrets.token_urlsafe(48)


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    found = []
    for item in filter(None, (part.strip() for part in env.get(name, "").split(","))):
        try:
            found.append(ipaddress.ip_network(item, strict=False))
        except ValueError:
            raise Misconfigured(f"{name}: {item!r} is not a network such as 10.0.0.0/8.") from None
    return tuple(found)


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = env.get(name, "") or choices[0]
    if value not in choices:
        raise Misconfigured(f"{name} is {value!r}, it must be {' or '.join(choices)}.")
    return value


def _count(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = env.get(name, "") or str(default)
    if not value.isdecimal() or not least <= int(value) <= most:
        raise Misconfigured(f"{name} is {value!r}, it must be a number from {least} to {most}.")
    return int(value)
