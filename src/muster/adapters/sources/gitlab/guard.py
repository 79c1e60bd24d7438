"""GitLab sends the webhook's secret token with each request, where it was given one (documented)."""

from collections.abc import Mapping

from muster.core.knock import Knock, is_same
from muster.core.ports.source_form import Admit, Reply, Setting, problem_reply
from muster.core.text import message_id as _

SETTINGS = (Setting("secret", _("Secret token"), secret=True),)


def guard(settings: Mapping[str, str]) -> Admit | None:
    """Ask for the token where it is known."""
    return _knows_the_token if settings.get("secret") else None


def _knows_the_token(knock: Knock) -> Reply | None:
    if is_same(knock.settings["secret"], knock.headers.get("x-gitlab-token", "")):
        return None
    return problem_reply(
        401, "The token is not right", "X-Gitlab-Token must be the secret token of this integration."
    )
