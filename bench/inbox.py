"""The inbox with ten thousand open groups of alerts, and all of them resolved: `make bench inbox`.

The groups come through the door of a generic integration, and are decided and paged before anything is timed.
The inbox is then asked as a browser asks, with and without a word to look for; at the end everything is
resolved as the inbox does it, some hundreds at a time. Targets: an answer in 300 ms, all resolved in 5 s.
"""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import httpx
from rig import asked, asks, cluster_of, cpu_s, form_token, heading, signed_in, told, until

from processes.running import Up

GROUPS = int(os.environ.get("BENCH_ROWS", "10000"))
TIMES = 20
SETTLE_S = 600.0
RESTING_S = 0.15
_ASKED = {
    "the inbox": "/alerts",
    "its second page": "/alerts?state=open&before={before}",
    "what needs somebody": "/alerts?state=triggered",
    "a word in it": "/alerts?q=Disk",
    "a word that none has": "/alerts?q=nowhere",
    "the storm": "/alerts/storm",
    "what is muted": "/alerts/muted",
    "the service's screen": "/services/billing-api",
}
_OPEN = "SELECT count(*) FROM evaluate_alertgroup WHERE state <> 'resolved' AND summary LIKE 'Disk%'"
_NEWEST = "SELECT max(id) FROM evaluate_alertgroup"
_RUNNING = "SELECT count(*) FROM escalation_escalation WHERE state = 'running'"


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    up = Up("--data", str(folder / "d"), "--demo")
    try:
        measure(up, folder / "d")
    finally:
        up.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(up: Up, data: Path) -> None:
    """Open them, wait until the worker rests, and time what people do."""
    ask = asks(cluster_of(data))
    opened_s = _open(up)
    worker = up.children()["muster worker"]
    settled_s = until(lambda: ask(_OPEN) == GROUPS and ask(_RUNNING) >= GROUPS and _rests(worker), SETTLE_S)
    print(f"{heading()}\n{GROUPS:,} groups sent in {opened_s:.0f} s, paged after {settled_s:.0f} s more")
    with contextlib.closing(signed_in(up)) as browser:
        for name, path in _ASKED.items():
            address = path.format(before=ask(_NEWEST) - 100)
            took, _ = asked(browser, address, TIMES)
            print(f"{name:<22} {told(took)}", flush=True)
        token = form_token(browser, "/alerts")
        began, steps = time.monotonic(), _resolve_all(browser, token)
        print(
            f"resolved in {time.monotonic() - began:.1f} s, {len(steps)} steps: {told(steps)}; "
            f"left open: {ask(_OPEN)}"
        )


def _open(up: Up) -> float:
    began = time.monotonic()
    with httpx.Client(base_url=f"{up.url}/api/v1", timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {up.ready['token']}"
        made = client.post(
            "/integrations", json={"handle": "many", "service": "billing-api", "kind": "generic"}
        )
        assert made.status_code == 201, made.text
        for start in range(0, GROUPS, 500):
            some = [
                {"summary": f"Disk {n} of the storage is full", "key": f"disk-{n}", "severity": "critical"}
                for n in range(start, min(start + 500, GROUPS))
            ]
            answer = client.post(made.json()["url"], json=some)
            assert answer.is_success, answer.text
    return time.monotonic() - began


def _rests(worker: int) -> bool:
    used = cpu_s([worker])
    time.sleep(1)
    return cpu_s([worker]) - used < RESTING_S


def _resolve_all(browser: httpx.Client, token: str) -> list[float]:
    """What the inbox's script does once somebody presses the button, with the token of the page that they
    look at; returns the milliseconds of each step."""
    said = {"csrfmiddlewaretoken": token, "every": "1", "verb": "resolve", "q": "Disk"}
    steps, after, done = [], "", 0
    while after is not None:
        began = time.monotonic()
        body = said | {"state": "open", "so_far": str(done), "after": str(after)}
        answer = browser.post("/alerts/bulk", data=body, headers={"X-Bulk": "1"})
        assert answer.status_code == 200, answer.text[:500]
        steps.append((time.monotonic() - began) * 1000)
        done, after = done + answer.json()["done"], answer.json()["after"]
    assert done == GROUPS, done
    return steps


if __name__ == "__main__":
    main()
