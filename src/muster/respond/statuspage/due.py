"""What status pages do by the clock: publish every page whose bytes are wanted, and keep trying."""

import logging
from functools import partial

from django.db import connection

from muster.core.permissions import system
from muster.core.ports.publisher import Publisher, PublishFailed, PublishReason
from muster.foundation.access.queries import now
from muster.foundation.failpoints import fail_point
from muster.foundation.timeline.due import Due, Pool
from muster.respond.statuspage.commands import Claimed, claim_publication, record_failure, record_live
from muster.respond.statuspage.published import view_of
from muster.respond.statuspage.rendering import page_files

log = logging.getLogger(__name__)

_ACTOR = system("publish_wanted_pages")


def publish_wanted_pages(publisher: Publisher, base_url: str) -> int:
    """Render and publish the page that is due; it counts as live only when its bytes are confirmed."""
    claimed = claim_publication(actor=_ACTOR, at=now())
    if claimed is None:
        return 0
    _publish(claimed, publisher, base_url)
    return 1


def _publish(claimed: Claimed, publisher: Publisher, base_url: str) -> None:
    fail_point("S1")
    try:
        page = view_of(claimed.page, at=now(), base_url=base_url)
        files = {} if page.view is None else page_files(page.view)
        connection.close()  # no connection is held while the place takes its time (M14)
        done = publisher.publish(page.slug, files)
    except PublishFailed as failed:
        record_failure(claimed, failed.reason.value, actor=_ACTOR, at=now())
    except Exception:
        log.exception("page %s could not be made", claimed.page)
        record_failure(claimed, PublishReason.FAILED.value, actor=_ACTOR, at=now())
    else:
        record_live(claimed, done.digest, actor=_ACTOR, at=now())


def due_works(publisher: Publisher, base_url: str) -> tuple[Due, ...]:
    """The due work of status pages; plugged in by the wiring."""
    run = partial(publish_wanted_pages, publisher, base_url)
    return (Due("publish_wanted_pages", Pool.BACKGROUND, run),)
