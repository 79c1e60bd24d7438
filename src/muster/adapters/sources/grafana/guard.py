"""Grafana signs its webhooks since version 12, when it is told a secret (wire facts 3.2)."""

from collections.abc import Mapping
from datetime import timedelta

from muster.core.knock import Knock, is_signed
from muster.core.ports.source_form import Admit, Reply, Setting, problem_reply
from muster.core.text import message_id as _
from muster.core.text import sender_time

HEADER = "x-grafana-alerting-signature"
FRESH = timedelta(minutes=15)
"""How old a signed moment may be: Grafana tries again, and clocks differ."""

SETTINGS = (
    Setting("secret", _("HMAC secret"), secret=True),
    Setting("signature_header", _("Signature header, if not Grafana's own"), limit_chars=100),
    Setting("timestamp_header", _("Timestamp header, if Grafana sends one"), limit_chars=100),
)


def guard(settings: Mapping[str, str]) -> Admit | None:
    """Ask for the signature where the secret is known."""
    return _signed if settings.get("secret") else None


def _signed(knock: Knock) -> Reply | None:
    header = (knock.settings.get("signature_header") or HEADER).lower()
    moment_header = knock.settings.get("timestamp_header", "").lower()
    message = knock.body
    if moment_header:
        moment = knock.headers.get(moment_header, "")
        at = sender_time(moment)
        if at is None or abs(knock.now - at) > FRESH:
            return _refused(f"{moment_header} is missing, or not of the last 15 minutes.")
        message = f"{moment}:".encode() + message
    if is_signed(knock.settings["secret"], message, knock.headers.get(header, "")):
        return None
    return _refused(f"{header} must be made over this body with the secret of this integration.")


def _refused(detail: str) -> Reply:
    return problem_reply(401, "The signature is not right", detail)
