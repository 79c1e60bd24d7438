"""Published status pages are served from their folder, cacheable, and nothing outside it is."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from muster.web.published import PublishedPages

# R45


@pytest.fixture
def pages(folder: Path) -> PublishedPages:
    page = folder / "status" / "main"
    (page / "api" / "v2").mkdir(parents=True)
    (page / "index.html").write_text("<h1>All systems operational</h1>")
    (page / "api" / "v2" / "summary.json").write_text("{}")
    (folder / "secret").write_text("not for readers")
    (page / ".draft").write_text("not yet")
    return PublishedPages(folder / "status")


def test_a_page_comes_with_what_a_cache_needs(pages: PublishedPages) -> None:
    status, headers, body = pages.answer("GET", "/status/main/", {})
    named = dict(headers)
    assert (status, body) == (200, b"<h1>All systems operational</h1>")
    assert named[b"cache-control"] == b"public, max-age=10, stale-if-error=86400"
    assert named[b"content-type"] == b"text/html; charset=utf-8"
    assert pages.answer("GET", "/status/main/", {b"if-none-match": named[b"etag"]})[0] == 304
    assert pages.answer("GET", "/status/main/", {b"if-none-match": b'W/"x", W/' + named[b"etag"]})[0] == 304


def test_a_new_version_has_a_new_tag(pages: PublishedPages) -> None:
    before = dict(pages.answer("GET", "/status/main/", {})[1])[b"etag"]
    making = pages.folder / "main" / ".making"
    making.write_text("<h1>All systems operational!</h1>")
    making.replace(pages.folder / "main" / "index.html")
    status, headers, body = pages.answer("GET", "/status/main/", {b"if-none-match": before})
    assert (status, body) == (200, b"<h1>All systems operational!</h1>")
    assert dict(headers)[b"etag"] != before


@pytest.mark.parametrize(
    "path",
    [
        "/status/../secret",
        "/status/main/../../secret",
        "/status/%2e%2e/secret",
        "/status/main%2f..%2f..%2fsecret",
        "/status/main/.draft",
        "/status/main/%00",
        "/status/absent/",
        "/status/",
        "/secret",
        "/status/main/" + "x" * 5000,
    ],
)
def test_what_is_not_published_is_not_found(pages: PublishedPages, path: str) -> None:
    status, _, body = pages.answer("GET", path, {})
    assert status == 404
    assert b"not" not in body.replace(b"There is no such", b"")


def test_the_slash_is_added_and_writing_is_refused(pages: PublishedPages) -> None:
    status, headers, _ = pages.answer("GET", "/status/main", {})
    assert (status, dict(headers)[b"location"]) == (301, b"/status/main/")
    assert pages.answer("POST", "/status/main/", {})[0] == 405


def test_the_status_server_needs_nothing_but_the_folder(pages: PublishedPages) -> None:
    port = free_port()
    program = Path(sys.executable).with_name("muster")
    command = [str(program), "status-server", "--folder", str(pages.folder), "--port", str(port)]
    bare = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    server = subprocess.Popen(command, env=bare, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert f"port {port}" in server.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            assert answer.url.endswith("/status/main/")
            assert answer.read() == b"<h1>All systems operational</h1>"
    finally:
        server.terminate()
        server.communicate(timeout=5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
