"""Errors of the API as problem documents (RFC 9457): every one, whoever raised it."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, HttpError, ValidationError

from muster.core.refusal import Refused
from muster.foundation.timeline.refusals import told

PROBLEM = "application/problem+json"


def problem(
    status: int,
    detail: str = "",
    *,
    reason: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem document. `reason` is a stable word for programs; `errors` names each place that is wrong."""
    body: dict[str, Any] = {
        "type": f"urn:muster:problem:{reason}" if reason else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or sentence(status),
    }
    if reason:
        body["reason"] = reason
    if errors:
        body["errors"] = list(errors)
    told_headers = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        told_headers["WWW-Authenticate"] = 'Bearer realm="muster"'
    return HttpResponse(json.dumps(body), status=status, content_type=PROBLEM, headers=told_headers)


def sentence(status: int) -> str:
    """What went wrong and what to do, where nobody says more."""
    words = {
        400: _("The request does not make sense. Check it against /api/v1/openapi.json."),
        401: _("Send an API token as Authorization: Bearer, or sign in."),
        403: _("You may not do this."),
        404: _("There is nothing here, or it is not yours to see."),
        405: _("This address does not take that method."),
        415: _("Send the body as application/json."),
        500: _("Something went wrong on our side. It has been recorded."),
        503: _("The database does not answer. Try again in a few seconds."),
    }
    return words.get(status, HTTPStatus(status).phrase)


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """A command said no."""
    words = told(error)
    return problem(words.status, words.sentence, reason=words.type, errors=words.detail.get("errors", ()))


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The request does not have the right form: every field that is wrong."""
    errors = [{"field": _field(found["loc"]), "reason": _worded(found)} for found in error.errors]
    named = ", ".join(f"{found['field']}: {found['reason']}" for found in errors[:3])
    return problem(422, named, reason="invalid", errors=errors)


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A door said no."""
    detail = error.message
    if isinstance(error, AuthenticationError):
        detail = ""
    elif detail.startswith("Cannot parse request body"):
        detail = _("The body is not JSON.")
    elif detail == "CSRF check Failed":
        detail = _("With a session, send the CSRF token in the header X-CSRFToken.")
    return problem(error.status_code, detail)


def missing(request: HttpRequest, error: Exception) -> HttpResponse:
    """A row that is not there, or not for you."""
    return problem(404)


def _field(location: Sequence[Any]) -> str:
    inside = [str(part) for part in location[1:]]
    known_body = len(inside) > 1 and location[0] == "body"
    return ".".join(inside[1:] if known_body else inside) or str(location[0])


def _worded(found: Mapping[str, Any]) -> str:
    words = {
        "missing": _("is missing"),
        "extra_forbidden": _("is no key that we know"),
        "string_type": _("should be text"),
        "int_type": _("should be a whole number"),
        "int_parsing": _("should be a whole number"),
        "bool_type": _("should be true or false"),
        "list_type": _("should be a list"),
    }
    return words.get(str(found["type"]), str(found["msg"]))
