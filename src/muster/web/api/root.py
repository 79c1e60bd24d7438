"""Builds the API from the stages' routers: one document, one way in, one shape of error."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder
from ninja.security import APIKeyCookie, HttpBearer

from muster.core.refusal import Refused
from muster.core.text import clean_json
from muster.foundation.access.queries import Arrival
from muster.web.api import problems

DEEPEST = 32


class Token(HttpBearer):
    """An API token in `Authorization: Bearer`; the door has looked it up already."""

    def authenticate(self, request: HttpRequest, token: str) -> Arrival | None:
        """Who came with it."""
        return getattr(request, "arrival", None) if getattr(request, "came_by_token", False) else None


class Session(APIKeyCookie):
    """The session of somebody who signed in; anything but reading needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Arrival | None:
        """Who is signed in."""
        return getattr(request, "arrival", None)


class CleanJson(Parser):
    """JSON whose text PostgreSQL can keep, and that is not nested without end."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read the body; what it raises becomes a 400."""
        text = request.body.decode("utf-8")
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError:
            raise ValueError("nested too deep") from None
        return clean_json(value, depth_limit=DEEPEST)


class Rfc3339(NinjaJSONEncoder):
    """Times in UTC with all their digits (Django's own encoder cuts them at milliseconds)."""

    def default(self, o: Any) -> Any:
        """Encode what JSON does not know."""
        if isinstance(o, datetime):
            return o.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return super().default(o)


class Renderer(JSONRenderer):
    """JSON with those times."""

    encoder_class = Rfc3339


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


HANDLERS: Mapping[type[Exception], Any] = {
    Refused: problems.refused,
    ObjectDoesNotExist: problems.missing,
    Http404: problems.missing,
    ValidationError: problems.invalid,
    HttpError: problems.http_error,
}


def api_urls(routers: Iterable[Router]) -> tuple[list[URLPattern | URLResolver], str, str]:
    """The addresses under `/api/v1/`, for `path("api/v1/", ...)`.

    Sign-in is each operation's own affair here (token or session), so the pages' rule does not apply.
    """
    api = NinjaAPI(
        title="Muster",
        version="1",
        urls_namespace="api",
        auth=[Token(), Session()],
        openapi_url="openapi.json",
        docs_url=None,
        parser=CleanJson(),
        renderer=Renderer(),
    )
    for router in routers:
        api.add_router("", router)
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
    patterns, app_name, namespace = api.urls
    known = _query_names(api)
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            login_not_required(pattern.callback)
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
            pattern.callback.query_names = known.get(f"/{path}", {})  # type: ignore[attr-defined]
    return patterns, app_name, namespace


def _query_names(api: NinjaAPI) -> dict[str, dict[str, frozenset[str]]]:
    """What each operation may be asked, by path and method: the door refuses the rest by name."""
    paths: dict[str, Any] = api.get_openapi_schema(path_prefix="/")["paths"]
    return {
        path: {method.upper(): _in_query(operation) for method, operation in methods.items()}
        for path, methods in paths.items()
    }


def _in_query(operation: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(found["name"] for found in operation.get("parameters", ()) if found["in"] == "query")
