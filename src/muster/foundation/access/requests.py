"""What a view receives: a request of somebody who has signed in, with the database's clock."""

from django.conf import settings
from django.http import HttpRequest

from muster.foundation.access.queries import Arrival


class Request(HttpRequest):
    """A request after the middleware: `arrival` says who acts, and when by the database's clock."""

    arrival: Arrival


def base_url(request: HttpRequest) -> str:
    """Where people and senders reach this installation, without a slash at the end: `MUSTER_BASE_URL`, or as
    this request did.
    """
    return settings.BASE_URL or request.build_absolute_uri("/").rstrip("/")
