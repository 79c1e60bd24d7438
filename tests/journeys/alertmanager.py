"""Debian's prometheus-alertmanager as a process, configured with nothing but our URL."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROGRAM = shutil.which("prometheus-alertmanager") or "/usr/bin/prometheus-alertmanager"
_CONFIG = """
route: {{receiver: muster, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: muster
    {ways}
"""


class Alertmanager:
    """A running Alertmanager that Prometheus would talk to."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fire(self, name: str, *, summary: str, severity: str = "critical") -> None:
        """An alert fires, as Prometheus reports it."""
        self._post(name, summary, severity, ends_at=datetime.now(UTC) + timedelta(hours=1))

    def resolve(self, name: str, *, summary: str, severity: str = "critical") -> None:
        """The same alert ends."""
        self._post(name, summary, severity, ends_at=datetime.now(UTC) - timedelta(seconds=1))

    def _post(self, name: str, summary: str, severity: str, ends_at: datetime) -> None:
        alert = {
            "labels": {"alertname": name, "severity": severity, "instance": "checkout-1"},
            "annotations": {"summary": summary},
            "startsAt": (datetime.now(UTC) - timedelta(seconds=30)).isoformat(),
            "endsAt": ends_at.isoformat(),
        }
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts",
            json.dumps([alert]).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@contextlib.contextmanager
def alertmanager(folder: Path, receiver_url: str = "", *, ways: str = "") -> Iterator[Alertmanager]:
    """Start it in a folder of its own, sending to our door; stop it afterwards.

    `ways` are other receivers than the webhook to that URL, as Alertmanager is configured.
    """
    config = folder / "alertmanager.yml"
    config.write_text(_CONFIG.format(ways=ways or f'webhook_configs: [{{url: "{receiver_url}"}}]'))
    port = free_port()
    command = [
        PROGRAM,
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Alertmanager(ready(f"http://127.0.0.1:{port}"))
    finally:
        process.terminate()
        process.wait(10)


def ready(url: str) -> str:
    """The URL, once who listens there says that it is ready; Prometheus says so at the same place."""
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/-/ready", timeout=1):
            return url
        time.sleep(0.05)
    raise AssertionError(f"{url} was not ready")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
