"""What is shown of API tokens, and when one was last used."""

from datetime import datetime, timedelta

from muster.foundation.access.models import ApiToken
from muster.foundation.timeline.pen import touch

NOTED_EVERY = timedelta(minutes=1)


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Note that a token was used, at most once a minute: a counter, not a state."""
    if token.last_used_at is None or at - token.last_used_at >= NOTED_EVERY:
        token.last_used_at = at
        touch([token], "last_used_at")
