"""Error pages, and the same errors for the API (RFC 9457)."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

PROBLEM = "application/problem+json"


def wants_problem(request: HttpRequest) -> bool:
    """Programs get problem documents, people get pages."""
    return request.path.startswith("/api/")


def answer(request: HttpRequest, status: int, sentence: str = "", type_: str = "about:blank") -> HttpResponse:
    """Return an error as a problem document or as a page that says what to do next."""
    if wants_problem(request):
        title = HTTPStatus(status).phrase
        body = {"type": type_, "title": title, "status": status, "detail": sentence or title}
        return JsonResponse(body, status=status, content_type=PROBLEM)
    return render(
        request,
        [f"{status}.html", "error.html"],
        {"status": status, "sentence": sentence, "detail": sentence},
        status=status,
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 because the form is old or came from elsewhere."""
    return answer(
        request,
        403,
        _("This form was open too long, or came from elsewhere. Go back, reload and send it again."),
    )
