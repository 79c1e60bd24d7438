"""For comparison: an ordinary Django view that keeps one event per request with the same commands.

Usage: plain_view.py <file descriptor of a listening socket>; the database is that of the environment.
"""

import json
import os
import socket
import sys

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muster.config.settings")
django.setup()

from muster.adapters.sources.pagerduty.translate import translate  # noqa: E402 (models need Django first)
from muster.detect.commands import Received, key_hash, receive_signals  # noqa: E402


def enqueue(request: HttpRequest) -> JsonResponse:
    """One event, one transaction."""
    body = json.loads(request.body)
    signals = translate({}, body)
    [taken] = receive_signals([Received(key_hash(body["routing_key"]), "pagerduty", tuple(signals))])
    return JsonResponse({"status": "success", "dedup_key": taken.dedup_keys[0]}, status=202)


urlpatterns = [path("v2/enqueue", enqueue)]


def main() -> None:
    """Serve it as the product is served: uvicorn, uvloop, no middleware at all."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    config = uvicorn.Config(get_asgi_application(), loop="uvloop", access_log=False, log_config=None)
    config.lifespan = "off"
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


main()  # run by ingest.py, never imported
