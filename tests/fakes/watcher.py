"""A dead man's switch outside: it waits for signs of life, and tells somebody when one does not come.

It shares nothing with the product: a clock of its own, a list of whom it told and when.
"""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Watcher:
    """`with Watcher(period_s=60) as watcher:`, then `watcher.url`, `watcher.signs`, `watcher.told`."""

    def __init__(self, *, period_s: float = 60.0, status: int = 200) -> None:
        self.period_s = period_s
        self.status = status
        self.signs: list[float] = []
        self.told: list[float] = []
        self._stopped = threading.Event()

    def __enter__(self) -> "Watcher":
        watcher = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """A sign of life."""
                if self.path == "/ping/7d2f" and watcher.status == 200:
                    watcher.signs.append(time.monotonic())
                self.send_response(watcher.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/ping/7d2f"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def _watch(self) -> None:
        while not self._stopped.wait(0.1):
            last = self.signs[-1] if self.signs else None
            silent = last is not None and time.monotonic() - last > self.period_s
            if silent and (not self.told or self.told[-1] < (last or 0.0)):
                self.told.append(time.monotonic())
