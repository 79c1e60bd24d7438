"""Sentry signs each webhook with its integration's client secret (wire facts 3.5)."""

from collections.abc import Mapping

from muster.core.knock import Knock, is_signed
from muster.core.ports.source_form import Admit, Reply, Setting, problem_reply
from muster.core.text import message_id as _

SETTINGS = (Setting("client_secret", _("Client secret"), secret=True),)


def guard(settings: Mapping[str, str]) -> Admit | None:
    """Ask for the signature where the client secret is known."""
    return _signed if settings.get("client_secret") else None


def _signed(knock: Knock) -> Reply | None:
    given = knock.headers.get("sentry-hook-signature", "")
    if is_signed(knock.settings["client_secret"], knock.body, given):
        return None
    return problem_reply(
        401,
        "The signature is not right",
        "Sentry-Hook-Signature must be made over this body with the client secret of this integration.",
    )
