"""Calendar feeds: whoever knows the address reads; nobody signs in, calendars cannot (design 13)."""

import hashlib

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseNotModified
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from muster.core.permissions import system
from muster.core.refusal import Refused
from muster.foundation.access.queries import arrival_of
from muster.mobilize.oncall.commands import note_feed_read
from muster.mobilize.oncall.queries import feed_by_secret

_CALENDAR_OF = "muster.mobilize.oncall.feed.calendar_of"
"""Comes with the first feed that is read: the library that writes calendars takes 2 MiB."""


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The shifts of a feed. One that was revoked, or whose maker's access has ended, is not there."""
    found = feed_by_secret(secret)
    if found is None:
        return HttpResponseNotFound()
    try:
        arrival = arrival_of(found.person_id)
    except Refused:
        return HttpResponseNotFound()
    body: bytes = import_string(_CALENDAR_OF)(found, arrival.actor, arrival.at)
    note_feed_read(found.pk, actor=system("calendar feed"), at=arrival.at)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={"ETag": etag, "Cache-Control": "private, max-age=300", "Referrer-Policy": "no-referrer"},
    )
