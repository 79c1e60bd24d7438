"""What stands in a log line: never a link, key or token that opens something."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from muster.config import wiring
from muster.processes import logs

SECRET = "MQ:1xUj6h:foxQbXmRGlU"
LINES = (
    f"Internal Server Error: /p/{SECRET}/acknowledge",
    f"Forbidden (CSRF token missing.): /set-up/{SECRET}/",
    f"Not Found: /sign-in/password/reset/key/1-{SECRET}/",
    f"cannot read /in/alertmanager/{SECRET}",
    f"GET /calendars/{SECRET}.ics",
    f"GET /ping/{SECRET}/start",
    f"Authorization: Bearer mst_{SECRET.replace(':', '')}",
    f"GET /live?ticket={SECRET}&x=1",
    *(
        f"POST {path.replace('{key}', SECRET)}"
        for source in wiring.SOURCES
        for door in source.doors
        for _, path in door.paths
        if "{key}" in path
    ),
)


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, in each form."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure(request.param)
    yield stream
    root.handlers, root.level = before


@pytest.mark.parametrize("line", LINES)
def test_what_opens_something_is_masked(written: io.StringIO, line: str) -> None:
    """In the message and in a traceback; the rest of the line stays."""
    try:
        raise ValueError(line)
    except ValueError:
        logging.getLogger("django.request").error("%s", line, exc_info=True)
    text = written.getvalue()
    assert SECRET not in text
    assert SECRET.replace(":", "") not in text
    assert "***" in text
    if text.startswith("{"):
        assert "ValueError" in json.loads(text)["exception"]
