"""Views that show what Django sees, and that move the stand-in database."""

import hashlib
import time

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path

from standin import database


def echo(request: HttpRequest) -> HttpResponse:
    body = request.body
    return JsonResponse(
        {
            "method": request.method,
            "path": request.path,
            "raw_path": request.META["RAW_PATH"],
            "uri": request.META["REQUEST_URI"],
            "query": request.META["QUERY_STRING"],
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "headers": {k: v for k, v in request.META.items() if k.startswith("HTTP_")},
            "secure": request.is_secure(),
            "declared": request.META["CONTENT_LENGTH"],
        }
    )


def slow(request: HttpRequest) -> HttpResponse:
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("late")


def large(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * int(request.GET["bytes"]), content_type="text/plain")


def pieces(request: HttpRequest) -> FileResponse:
    return FileResponse((b"y" * 1000 for _ in range(3000)), content_type="text/plain")


def boom(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret in a traceback")


def control(request: HttpRequest) -> HttpResponse:
    database.MODE = request.GET["mode"]
    if database.MODE != "hang":
        database.GO_ON.set()
    else:
        database.GO_ON.clear()
    return HttpResponse(status=204)


def stored(request: HttpRequest) -> HttpResponse:
    told = {"keys": database.STORED, "batches": database.BATCHES, "lookups": database.LOOKUPS}
    return JsonResponse(told | {"unread": len(database.UNREAD)})


urlpatterns = [
    re_path(r"^slow$", slow),
    re_path(r"^large$", large),
    re_path(r"^pieces$", pieces),
    re_path(r"^boom$", boom),
    re_path(r"^api/boom$", boom),
    re_path(r"^control$", control),
    re_path(r"^stored$", stored),
    re_path(r"^(?:echo|sign-in|api)/?.*$", echo),
]
handler500 = "standin.urls.broken"


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse("broken", status=500)
