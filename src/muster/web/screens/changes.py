"""What was changed just before, as rows beside an alert, a service, an incident (R36)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from muster.core.permissions import Actor
from muster.core.reading import is_web_address
from muster.detect.models import ChangeEvent
from muster.detect.queries import NEAR, changes, changes_near
from muster.foundation.catalog.queries import below
from muster.web.screens.parts import span

MOST = 6
LISTED = 6


def rows_near(actor: Actor, services: Iterable[int], moment: datetime, at: datetime) -> list[dict[str, Any]]:
    """The changes of these services, and of those on which they stand, near the moment when trouble began."""
    found = changes_near(actor, below(services), moment, at, most=MOST)
    return [_row(one, [one.service.name, ", ", _apart(one.changed_at, moment)]) for one in found]


def last_before(service_id: int, moment: datetime) -> tuple[str, str, str] | None:
    """The last change just before, for the page at 3 a.m.: what, how long before, and where to read more
    (engine side: whoever may see a page may see what it is about)."""
    rows = ChangeEvent.objects.filter(service__in=below([service_id]), changed_at__lte=moment)
    found = rows.filter(changed_at__gt=moment - NEAR).order_by("-changed_at", "-id").first()
    if found is None:
        return None
    return found.summary, _apart(found.changed_at, moment), _link_of(found)


def rows_of(actor: Actor, service_id: int) -> list[dict[str, Any]]:
    """The latest changes of one service."""
    found = changes(actor, [service_id])[:LISTED]
    return [_row(one, [{"at": one.changed_at, "style": "short"}, *_by(one)]) for one in found]


def _by(change: ChangeEvent) -> list[str]:
    """Where it was heard of."""
    told = change.source or (change.integration.handle if change.integration is not None else "")
    return [f", {told}"] if told else []


def _row(change: ChangeEvent, second: list[Any]) -> dict[str, Any]:
    return {
        "title": change.summary,
        "url": _link_of(change),
        "second": second,
        "glyph": {"icon": "git-merge"},
    }


def _link_of(change: ChangeEvent) -> str:
    return next((link["href"] for link in change.links if is_web_address(link["href"])), "")


def _apart(changed_at: datetime, moment: datetime) -> str:
    """How long before trouble began, or after it."""
    seconds = (moment - changed_at).total_seconds()
    if seconds >= 0:
        return _("%(length)s before it began") % {"length": span(seconds)}
    return _("%(length)s after it began") % {"length": span(-seconds)}
