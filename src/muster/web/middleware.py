"""What stands before every view: who acts, and how a refusal is told."""

import logging
import re
from collections.abc import Callable

from django.contrib.auth import logout
from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from muster.core.refusal import Refused
from muster.foundation.access.queries import arrival_of
from muster.foundation.timeline.refusals import told
from muster.web.errors import answer
from muster.web.live_topics import live_ticket

log = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]


_TOPICS = (
    (re.compile(r"/(?:alerts(?:/storm)?|incidents)?"), "all"),
    (re.compile(r"/incidents/INC-(\d+)(?:/resolve)?"), "incident:"),
    (re.compile(r"/alerts/GRP-(\d+)"), "group:"),
    (re.compile(r"/alerts/ALR-(\d+)"), "alert:"),
)
"""Which pages are live, and what each of them watches."""


def live_address(person_id: int, request: HttpRequest) -> str:
    """The stream of a live page, made before the view reads what it shows; empty for other pages."""
    if request.method != "GET":
        return ""
    for pattern, topic in _TOPICS:
        if found := pattern.fullmatch(request.path):
            watched = topic + (found[1] if pattern.groups else "")
            return f"/live?ticket={live_ticket(person_id, watched)}"
    return ""


class Arrivals:
    """Puts `request.arrival` on requests of signed-in people, and words refusals and lost databases."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Load the actor with the database's clock; a session of somebody whose access ended is closed."""
        try:
            if request.user.is_authenticated:
                request.arrival = arrival_of(request.user.person_id)  # type: ignore[attr-defined]
                request.live = live_address(request.user.person_id, request)  # type: ignore[attr-defined]
        except Refused:
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal is an answer, not a fault; a row that is not there, or not for you, is not found."""
        if isinstance(exception, Refused):
            words = told(exception)
            return answer(request, words.status, words.sentence, words.type)
        if isinstance(exception, ObjectDoesNotExist):
            return answer(request, 404)
        return None


class DatabaseAway:
    """Answers 503 in calm words while PostgreSQL is away."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, and catch what middleware below could not."""
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return self._away(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A view lost its database."""
        return self._away(request) if isinstance(exception, OperationalError | InterfaceError) else None

    def _away(self, request: HttpRequest) -> HttpResponse:
        log.exception("database away")
        response = answer(request, 503, _("The database does not answer. Try again in a few seconds."))
        response.headers["Retry-After"] = "5"
        return response
