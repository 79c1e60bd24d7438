"""Opsgenie's Alert API beside its doors: every answer is a JSON object, never a redirect (wire facts 0)."""

import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from muster.adapters.sources.opsgenie import acts, answers, heartbeats, reads
from muster.adapters.sources.opsgenie.asked import Asked
from muster.adapters.sources.opsgenie.door import KIND, LIMIT_BYTES, SCHEME
from muster.adapters.sources.opsgenie.translate import object_of
from muster.core.authorization import key_after
from muster.core.decoding import NotDecodable, decode_json
from muster.core.ports.source_form import Malformed, Reply
from muster.core.text import clean_text
from muster.detect.commands import key_hash
from muster.detect.queries import caller_by_key
from muster.foundation.access.requests import base_url

_Answer = Callable[[Asked, str], Reply]
_Ways = Callable[[list[str]], Mapping[str, _Answer]]
_BODILESS = ("GET", "HEAD", "DELETE")

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
def alerts(request: HttpRequest) -> HttpResponse:
    """Everything under `/v2/alerts` that no door has taken."""
    return _response(_guarded(request, _ways))


@csrf_exempt
@login_not_required
def all_heartbeats(request: HttpRequest) -> HttpResponse:
    """Everything under `/v2/heartbeats` but the pings, which have a door of their own."""
    return _response(_guarded(request, heartbeats.ways))


def _response(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    for name, value in (*reply.headers, ("cache-control", "no-store"), ("x-request-id", reply.request_id)):
        response.headers[name] = value
    return response


def _guarded(request: HttpRequest, ways: _Ways) -> Reply:
    try:
        return _answered(request, ways)
    except Malformed as why:
        return answers.not_processable(why.errors)
    except NotDecodable:
        return answers.refused(400, "The body is not JSON: send one whole document in UTF-8.")
    except RequestDataTooBig:
        return answers.refused(413, f"Send at most {LIMIT_BYTES} bytes in one request.")
    except SuspiciousOperation:
        return answers.refused(400, "The request does not make sense.")
    except (OperationalError, InterfaceError):
        log.exception("database away")
        return answers.unavailable()
    except DataError:
        return answers.not_processable(["The request holds a value that cannot be stored."])
    except Exception:
        log.exception("a request of Opsgenie's API failed")
        return answers.refused(500, "Something went wrong on our side. It has been recorded.")


def _answered(request: HttpRequest, ways: _Ways) -> Reply:
    begun = time.monotonic()
    key = key_after(SCHEME, request.headers.get("Authorization", ""))
    caller = caller_by_key(key_hash(key)) if key else None
    if caller is None or caller.kind != KIND:
        return answers.unauthorized(key)
    names = _names(request)
    found = ways(names)
    if not found:
        return answers.refused(404, "There is nothing at this address.")
    method = "GET" if request.method == "HEAD" else request.method or ""
    if method not in found:
        allowed = ", ".join(sorted({*found, *(() if names else ("POST",))}))
        return answers.refused(405, f"Use {allowed}.", ("allow", allowed))
    query = {name: clean_text(str(value)) for name, value in request.GET.items()}
    said = {} if request.method in _BODILESS or not request.body else object_of(decode_json(request.body))
    url = base_url(request) + quote(request.path)
    return found[method](Asked(caller, query, said, url, begun), names[0] if names else "")


def _names(request: HttpRequest) -> list[str]:
    """The segments after `/v2/alerts` or so, decoded one by one: a `%2F` is part of a name (wire rule 7)."""
    raw = request.META.get("RAW_PATH") or quote(request.path)
    return [clean_text(unquote(part, errors="replace")) for part in raw.rstrip("/").split("/")[3:]]


def _ways(names: list[str]) -> Mapping[str, _Answer]:
    """What answers an address, by method."""
    match names:
        case []:
            return {"GET": reads.listed}
        case ["count"]:
            return {"GET": reads.counted}
        case ["requests", request]:
            return {"GET": lambda asked, _name: reads.request_status(asked, request)}
        case [_]:
            return {"GET": reads.one, "DELETE": _performing(acts.DELETE)}
        case [_, verb]:
            found = {method: _performing(act) for (method, name), act in acts.ACTS.items() if name == verb}
            return found | ({"GET": reads.notes} if verb == "notes" else {})
        case _:
            return {}


def _performing(act: acts.Act) -> _Answer:
    return lambda asked, identifier: acts.perform(act, asked, identifier)
