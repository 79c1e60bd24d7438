"""GitHub signs each webhook with its secret, where it was given one (documented)."""

from collections.abc import Mapping

from muster.core.knock import Knock, is_signed
from muster.core.ports.source_form import Admit, Reply, Setting, problem_reply
from muster.core.text import message_id as _

_METHOD = "sha256="

SETTINGS = (Setting("secret", _("Webhook secret"), secret=True),)


def guard(settings: Mapping[str, str]) -> Admit | None:
    """Ask for the signature where the secret is known."""
    return _signed if settings.get("secret") else None


def _signed(knock: Knock) -> Reply | None:
    given = knock.headers.get("x-hub-signature-256", "")
    if given.startswith(_METHOD) and is_signed(
        knock.settings["secret"], knock.body, given.removeprefix(_METHOD)
    ):
        return None
    return problem_reply(
        401,
        "The signature is not right",
        "X-Hub-Signature-256 must be made over this body with the webhook secret of this integration.",
    )
