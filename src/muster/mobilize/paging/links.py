"""Signed links in messages: each opens one page, reads and acknowledges it and nothing else, and expires."""

from datetime import timedelta

from django.conf import settings
from django.core import signing

from muster.core.refusal import Refused
from muster.mobilize.paging.reasons import Paging

LASTS = timedelta(hours=24)
_SALT = "muster.page"


def page_link(page_id: int, base_url: str = "") -> str:
    """The address of a page for its person; opening it shows one button and changes nothing."""
    token = signing.dumps(page_id, salt=_SALT, compress=False)
    return f"{(base_url or settings.BASE_URL).rstrip('/')}/p/{token}"


def acknowledge_link(page_id: int) -> str:
    """Where a POST acknowledges a page at once: for the buttons of notifications."""
    return page_link(page_id) + "/acknowledge"


def page_of_link(token: str) -> int:
    """The number of the page that a link is for.

    Raises:
        Refused: the link is not ours, or older than 24 hours.
    """
    try:
        return int(signing.loads(token, salt=_SALT, max_age=LASTS))
    except signing.BadSignature:
        raise Refused(Paging.LINK_EXPIRED) from None
