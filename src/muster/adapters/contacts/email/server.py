"""The SMTP server that `MUSTER_EMAIL_URL` names (design section 13)."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from muster.core.ports.contact_form import email_problem


class Security(StrEnum):
    """How the connection is protected; the value is the scheme of the address."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, and from whom it comes. The password never shows in its text."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Read `smtp|smtp+starttls|smtps://user:pass@host:port/?from=a@b`.

        Raises `ValueError` with one sentence that says what is wrong, without the password.
        """
        try:
            parts = urlsplit(url)
            security = Security(parts.scheme)
            port = parts.port or _PORTS[security]
        except ValueError:
            raise ValueError(
                "it must read smtp://, smtp+starttls:// or smtps://, then host and port"
            ) from None
        if not parts.hostname:
            raise ValueError("it names no host")
        sender = parse_qs(parts.query).get("from", ["muster@localhost"])[0]
        if email_problem(sender) is not None:
            raise ValueError("'from' is not an e-mail address")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, security, sender, user, password)
