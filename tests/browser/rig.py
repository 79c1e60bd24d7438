"""A small stage for templates: renders them from plain dicts, serves them under our CSP, opens Chromium.

No database and no view stands behind it, so what is judged here is the look alone.
"""

import mimetypes
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.template.backends.django import DjangoTemplates
from playwright.sync_api import Browser, Page, sync_playwright

import muster

WEB = Path(muster.__file__).parent / "web"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def ensure_settings() -> None:
    """Use the configured settings; alone (a preview), the few that templates need."""
    if settings.configured:
        return
    settings.configure(
        SECRET_KEY="preview",
        USE_TZ=True,
        TIME_ZONE="UTC",
        STATIC_URL="/static/",
        USE_I18N=True,
        INSTALLED_APPS=["django.forms"],
    )
    django.setup()


def engine() -> DjangoTemplates:
    """The template engine with our templates and tags, independent of installed apps."""
    ensure_settings()
    libraries = {name: f"muster.web.templatetags.{name}" for name in ("muster", "charts")}
    return DjangoTemplates(
        {
            "NAME": "look",
            "DIRS": [WEB / "templates"],
            "APP_DIRS": False,
            "OPTIONS": {"libraries": libraries, "string_if_invalid": ""},
        }
    )


def render(template: str, context: Mapping[str, Any]) -> str:
    """The HTML of one template with a plain context."""
    return str(engine().get_template(template).render({**context, "csrf_token": "preview"}))


class Site:
    """Pages by path, and the static files, on a loopback port of the system's choice."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.says: queue.Queue[str | None] = queue.Queue()
        """What the stream at /live says next; None ends the connection."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path == "/live":
                    self.stream()
                    return
                status, kind, body = site.answer(urlsplit(self.path).path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", CSP)
                self.end_headers()
                self.wfile.write(body)

            def stream(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write(b"retry: 200\n\n")
                while (said := site.says.get()) is not None:
                    self.wfile.write(f"event: {said}\ndata: -\n\n".encode())
                    self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A browser that leaves a page drops its requests; that is no event.
        self.server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and body for one path."""
        if path in self.pages:
            return 200, "text/html; charset=utf-8", self.pages[path].encode()
        file = (WEB / "static" / path.removeprefix("/static/")).resolve()
        if path.startswith("/static/") and file.is_file() and file.is_relative_to(WEB / "static"):
            return 200, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes()
        return 404, "text/plain", b"not here"

    def close(self) -> None:
        """Stop serving."""
        self.says.put(None)
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, closed at the end."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_at(browser: Browser, width: int, height: int, theme: str, scale: float = 1) -> Iterator[Page]:
    """A page of this size and theme in Berlin's zone; the browser's complaints stand in `page.complaints`."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=scale,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        has_touch=width < 640,
        reduced_motion="reduce",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints  # type: ignore[attr-defined]
    try:
        yield page
    finally:
        context.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA and its best practices, one line each."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations'], runOnly: "
        "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations"
    )
    return [
        f"{rule['id']}: {node['target']} {node['html'][:140]} | {(node.get('failureSummary') or '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
