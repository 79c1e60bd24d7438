"""The door of the API: paths, tokens, content types, `Idempotency-Key`; every error is a problem document."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from muster.core.refusal import Refused
from muster.foundation.access import idempotency
from muster.foundation.access.queries import arrival_of_token
from muster.foundation.access.tokens import note_use
from muster.web.api.problems import PROBLEM, problem, refused

log = logging.getLogger(__name__)

PREFIX = "/api/"
BODIES = frozenset(
    {"application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", ""}
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

GetResponse = Callable[[HttpRequest], HttpResponse]


class ApiDoor:
    """Stands after the sessions' middleware; everything outside `/api/` passes untouched."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request in, and see to it that every error leaves as a problem document."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        try:
            response = self._answer(request)
        except Refused as error:
            response = refused(request, error)
        except (OperationalError, InterfaceError):
            log.exception("database away")
            response = problem(503, headers={"Retry-After": "5"})
        if response.status_code >= 400 and response.headers.get("Content-Type") != PROBLEM:
            response = _as_problem(response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_args: Any
    ) -> HttpResponse | None:
        """Refuse a query that the operation does not know: a mistyped filter would show everything."""
        known: frozenset[str] | None = getattr(view, "query_names", {}).get(request.method)
        if known is None or known.issuperset(request.GET):
            return None
        strange = sorted(set(request.GET) - known)
        errors = [{"field": name[:80], "reason": _("is no key that we know")} for name in strange]
        told = ", ".join(sorted(known)) or _("none")
        words = _("This address does not know the query %(name)s; known are: %(known)s.")
        return problem(422, words % {"name": strange[0][:80], "known": told}, reason="invalid", errors=errors)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return problem(400, _("No NUL characters, please."))
        request.path_info = request.path_info.rstrip("/")
        _admit(request)
        if request.method in _SAFE:
            return self.get_response(request)
        if request.body and (request.content_type or "").lower() not in BODIES:
            return problem(415)
        key = request.headers.get("Idempotency-Key")
        arrival = getattr(request, "arrival", None)
        if key is None or arrival is None:
            return self.get_response(request)
        asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
        return _response(
            idempotency.once(
                arrival.actor.id, key, asked, at=arrival.at, carry_out=lambda: self._carried_out(request)
            )
        )

    def _carried_out(self, request: HttpRequest) -> idempotency.Answer:
        response = self.get_response(request)
        content_type = response.headers.get("Content-Type", "")
        return idempotency.Answer(response.status_code, response.content.decode(), content_type)


def _admit(request: HttpRequest) -> None:
    """Put who comes with a token on the request; a wrong token is refused even where none is needed."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return
    arrival, found = arrival_of_token(token.strip())
    note_use(found, at=arrival.at)
    request.arrival = arrival  # type: ignore[attr-defined]
    request.came_by_token = True  # type: ignore[attr-defined]


def _response(answer: idempotency.Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    if answer.is_replay:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _as_problem(response: HttpResponse) -> HttpResponse:
    """What Django or a library answered by itself, in our form."""
    kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
    status = response.status_code
    return problem(status if status in list(HTTPStatus) else 500, headers=kept)
