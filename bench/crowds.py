"""How quick acts and screens are where much is open: `make bench crowds` (rows 12a and 12b of peers.csv).

Beside the demo's own: 10,000 open alerts, of which 200 more are acknowledged one by one through the API, each
until the list shows it; then an incident of 5,000 groups and 20,000 entries is opened in a browser's stead.
Targets: acknowledge p99 250 ms, shown within 1 s; the incident 1 s and 300 kB.
"""

import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from rig import asked, asks, cluster_of, heading, signed_in, told, until

import crowded
from processes.running import Up

OPEN = int(os.environ.get("BENCH_OPEN", "10000"))
ALERTS, ENTRIES, ACKNOWLEDGED, OPENINGS = 5_000, 20_000, 200, 20
_CONFIGURATION = """version: 1
services: [{handle: crowd, name: Crowd}]
integrations: [{handle: crowd, service: crowd, kind: pagerduty}]
"""
_UNDECIDED = """SELECT count(*) FROM detect_alert a WHERE dedup_key LIKE 'crowd-%' AND NOT EXISTS
    (SELECT 1 FROM evaluate_decision d WHERE d.alert_id = a.id)"""


class Crowd:
    """A running demo, its API, and a responder's browser without the browser."""

    def __init__(self, folder: Path) -> None:
        self.up = Up("--data", str(folder), "--demo")
        self.cluster = cluster_of(folder)
        headers = {"Authorization": f"Bearer {self.up.ready['token']}"}
        self.api = httpx.Client(base_url=f"{self.up.url}/api/v1", headers=headers, timeout=60)
        self.screens = signed_in(self.up)

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """One call of the API."""
        answer = self.api.request(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def open_alerts(self) -> list[str]:
        """Open those that are to be acknowledged, and wait until they are decided about."""
        [made] = self.ask("POST", "/configuration/apply", content=_CONFIGURATION)["integrations"]
        payload = {"summary": "Checkout answers 5xx", "source": "web-1", "severity": "warning"}
        for number in range(ACKNOWLEDGED):
            body = {"event_action": "trigger", "dedup_key": f"crowd-{number}", "payload": payload}
            sent = self.screens.post("/v2/enqueue", json=body | {"routing_key": made["key"]})
            assert sent.status_code == 202, sent.text
        until(lambda: asks(self.cluster)(_UNDECIDED) == 0, 120)
        found = self.ask("GET", f"/alerts?service=crowd&limit={ACKNOWLEDGED}")["items"]
        return [str(one["id"]) for one in found]

    def acknowledge(self, alerts: list[str]) -> None:
        """Acknowledge each, and look when the list of what somebody has shows it."""
        took, shown = [], []
        for alert in alerts:
            began = time.monotonic()
            self.ask("POST", f"/alerts/{alert}/acknowledge")
            took.append((time.monotonic() - began) * 1000)
            path = f"/alerts?service=crowd&state=acknowledged&limit={ACKNOWLEDGED}"
            shows = until(lambda: alert in {one["id"] for one in self.ask("GET", path)["items"]}, 10)  # noqa: B023
            shown.append((shows + took[-1] / 1000) * 1000)
        print(f"acknowledged beside {OPEN} open alerts: {told(took)} (target: p99 250)")
        print(f"until the list shows it: {told(shown)} (target: 1,000)")

    def open_incident(self) -> None:
        """An incident of thousands."""
        said = {"title": "Everything fails", "severity": "SEV1"}
        incident = str(self.ask("POST", "/incidents", json=said)["id"])
        number = int(incident.partition("-")[2])
        crowded.fill_incident(self.cluster.dsn(), number, alerts=ALERTS, entries=ENTRIES)
        with_all = f"{incident}: {ALERTS} groups of alerts, {ENTRIES} entries"
        page = self._open(with_all, f"/incidents/{incident}")
        older = re.findall(r'href="(\?[^"]*before=\d+)"', page)
        self._open("further back", f"/incidents/{incident}{older[0]}")

    def _open(self, name: str, path: str) -> str:
        took, page = asked(self.screens, path, OPENINGS)
        print(f"{name}: {told(took)}, {len(page.content) / 1000:.0f} kB")
        return page.text


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        crowd = Crowd(folder / "d")
        try:
            print(heading())
            alerts = crowd.open_alerts()
            crowded.fill(crowd.cluster.dsn(), OPEN, unresolved=OPEN, waiting=0, kinds=crowded.OPEN)
            crowd.acknowledge(alerts)
            crowd.open_incident()
        finally:
            crowd.up.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
