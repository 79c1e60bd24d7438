"""What the edge itself answers: problem documents for programs, one calm sentence for people (RFC 9457)."""

import html
from http import HTTPStatus

import msgspec
from django.utils.translation import gettext as _

from muster.web.asgi_types import Headers, Scope, Send

PROBLEM = b"application/problem+json"
_PROGRAM_PREFIXES = (b"/api/", b"/in/", b"/v1/", b"/v2/", b"/generic/", b"/integrations/", b"/live")


def sentence(status: int) -> str:
    """What went wrong and what to do, in words that fit everybody."""
    words = {
        400: _("The request was cut short or does not make sense. Send it again."),
        404: _("There is nothing at this address."),
        405: _("This address does not take that method."),
        408: _("The request took too long to arrive. Send it again, faster."),
        413: _("The request is too large: at most 25 MB."),
        431: _("The request's headers are too large."),
        500: _("Something went wrong on our side. It has been recorded."),
        503: _("Muster is busy. Try again in a few seconds."),
    }
    return words.get(status, HTTPStatus(status).phrase)


def for_programs(raw_path: bytes) -> bool:
    """Whether programs ask here, and so get a problem document."""
    return raw_path.startswith(_PROGRAM_PREFIXES)


def problem(status: int, detail: str = "") -> bytes:
    """A problem document."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or sentence(status)}
    return msgspec.json.encode(body)


def page(status: int, detail: str = "") -> bytes:
    """A small page that needs nothing else: no style sheet, no script."""
    title = html.escape(f"{status} {HTTPStatus(status).phrase}")
    words = html.escape(detail or sentence(status))
    again = html.escape(_("Back to Muster"))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{title}</title><h1>{title}</h1><p>{words}</p>'
        f'<p><a href="/">{again}</a></p></html>'
    ).encode()


async def respond(
    send: Send, status: int, body: bytes, content_type: bytes, *headers: tuple[bytes, bytes]
) -> None:
    """Send one whole answer."""
    fields: Headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def refuse(
    scope: Scope, send: Send, status: int, detail: str = "", *headers: tuple[bytes, bytes]
) -> None:
    """Answer with an error of the edge, in the form that fits who asks."""
    retry = ((b"retry-after", b"2"),) if status == HTTPStatus.SERVICE_UNAVAILABLE else ()
    fields = ((b"cache-control", b"no-store"), *retry, *headers)
    if for_programs(scope["raw_path"]):
        await respond(send, status, problem(status, detail), PROBLEM, *fields)
    else:
        await respond(send, status, page(status, detail), b"text/html; charset=utf-8", *fields)
