"""Real senders against a running Muster, told nothing but address and key: what fires opens, what ends ends.

Debian's Alertmanager by four of its receivers, and Debian's Prometheus without any.
"""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeys.alertmanager import Alertmanager, alertmanager, free_port, ready
from processes.running import MUSTER, Up, bare, up

pytestmark = pytest.mark.peers
PROMETHEUS = shutil.which("prometheus") or "/usr/bin/prometheus"
KINDS = ("alertmanager", "oncall", "pagerduty", "victorops", "prometheus")
CONFIG = "version: 1\n" + "".join(
    f"{section}:\n" + "".join(f"  - {line.format(kind=kind)}\n" for kind in KINDS)
    for section, line in (
        ("services", "{{handle: by-{kind}, name: By {kind}}}"),
        ("integrations", "{{handle: {kind}, service: by-{kind}, kind: {kind}}}"),
    )
)
RECEIVERS = """webhook_configs:
      - {{url: "{url}/in/alertmanager/{alertmanager}"}}
      - {{url: "{url}/integrations/v1/alertmanager/{oncall}/"}}
    pagerduty_configs:
      - {{routing_key: "{pagerduty}", url: "{url}/v2/enqueue", severity: '{{{{ .CommonLabels.severity }}}}'}}
    victorops_configs:
      - {{api_url: "{url}/integrations/generic/20131114/alert/", api_key: "{victorops}", routing_key: any}}"""
RULES = """groups:
  - name: muster
    rules:
      - alert: {alert}
        expr: vector(time()) < {until}
        labels: {{severity: critical, instance: db-1}}
        annotations: {{summary: "It will not last"}}
"""


@pytest.fixture(scope="module")
def muster(scratch: Path) -> Iterator[Up]:
    with up("--data", str(scratch / "senders"), MUSTER_ALLOW_PRIVATE_TARGETS="127.0.0.0/8") as running:
        yield running


@pytest.fixture(scope="module")
def api(muster: Up) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {muster.ready['token']}"}
    with httpx.Client(base_url=f"{muster.url}/api/v1", headers=headers, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def keys(api: httpx.Client) -> dict[str, str]:
    """The key of each integration, as it is shown once."""
    applied = api.post("/configuration/apply", content=CONFIG)
    assert applied.status_code == 200, applied.text
    return {one["handle"]: one["key"] for one in applied.json()["integrations"]}


@pytest.fixture(scope="module")
def sender(muster: Up, keys: dict[str, str], scratch: Path) -> Iterator[Alertmanager]:
    with alertmanager(scratch, ways=RECEIVERS.format(url=muster.url, **keys)) as running:
        yield running


def eventually(look: Callable[[], Any], seconds: float = 60) -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)
    return found


def alert_by(api: httpx.Client, kind: str, name: str, state: str) -> dict[str, Any] | None:
    """The alert of a kind's service that speaks of `name`, once it is in this state."""
    for alert in api.get("/alerts", params={"service": f"by-{kind}"}).json()["items"]:
        if alert["state"] == state and (name in alert["summary"] or alert["labels"].get("alertname") == name):
            return dict(alert)
    return None


@pytest.mark.parametrize("kind", ["alertmanager", "oncall", "pagerduty", "victorops"])
def test_alertmanager_opens_and_ends_an_alert_by_each_of_its_receivers(
    api: httpx.Client, sender: Alertmanager, kind: str
) -> None:
    name = f"Trouble{kind.title()}"
    sender.fire(name, summary="38 % of checkouts fail")
    opened = eventually(lambda: alert_by(api, kind, name, "triggered"))
    assert opened["severity"] == "critical"
    sender.resolve(name, summary="38 % of checkouts fail")
    ended = eventually(lambda: alert_by(api, kind, name, "resolved"))
    assert ended["id"] == opened["id"]


@contextlib.contextmanager
def prometheus(
    folder: Path, url: str, key: str, *, until: int, alert: str = "ShortTrouble"
) -> Iterator[None]:
    """A Prometheus whose one alert fires until an instant."""
    folder.mkdir()
    (folder / "rules.yml").write_text(RULES.format(until=until, alert=alert))
    (folder / "prometheus.yml").write_text(
        "global: {evaluation_interval: 1s}\n"
        f"rule_files: [{folder / 'rules.yml'}]\n"
        "alerting:\n  alertmanagers:\n"
        f"    - {{scheme: http, path_prefix: /in/prometheus/{key}, "
        f"static_configs: [{{targets: ['{url.removeprefix('http://')}']}}]}}\n"
    )
    port = free_port()
    command = [
        PROMETHEUS,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=2s",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready(f"http://127.0.0.1:{port}")
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_prometheus_opens_and_ends_an_alert_without_an_alertmanager(
    muster: Up, api: httpx.Client, keys: dict[str, str], scratch: Path
) -> None:
    """It says both by the end of its alert alone (wire facts 3.1)."""
    until = int(time.time()) + 20
    with prometheus(scratch / "prometheus", muster.url, keys["prometheus"], until=until):
        opened = eventually(lambda: alert_by(api, "prometheus", "ShortTrouble", "triggered"))
        assert (opened["summary"], opened["source"]) == ("It will not last", "db-1")
        ended = eventually(lambda: alert_by(api, "prometheus", "ShortTrouble", "resolved"))
        assert ended["id"] == opened["id"]
        assert len(opened["dedup_key"]) == 16


def test_what_prometheus_stops_repeating_ends_when_its_last_word_has_passed(
    muster: Up, api: httpx.Client, keys: dict[str, str], scratch: Path
) -> None:
    """It is stopped while its alert fires: eight seconds ahead was the end that it named (`endsAt`)."""
    until = int(time.time()) + 3600
    with prometheus(scratch / "stopped", muster.url, keys["prometheus"], until=until, alert="LongTrouble"):
        opened = eventually(lambda: alert_by(api, "prometheus", "LongTrouble", "triggered"))
        assert opened["holds_until"] is not None
        later = eventually(lambda: _moved(api, opened))
        assert later["state"] == "triggered"
    ended = eventually(lambda: alert_by(api, "prometheus", "LongTrouble", "resolved"))
    assert ended["id"] == opened["id"]
    assert ended["resolved_at"] >= ended["holds_until"] > opened["holds_until"]


def _moved(api: httpx.Client, before: dict[str, Any]) -> dict[str, Any] | None:
    """The alert, once a repeat has moved its end."""
    now = alert_by(api, "prometheus", "LongTrouble", "triggered")
    return now if now is not None and now["holds_until"] > before["holds_until"] else None


def test_every_signal_of_theirs_has_one_disposition_with_a_reason(
    muster: Up, scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an operator would ask at the end of all of the above, and hear."""
    command = [MUSTER, "signals", "--data", str(scratch / "senders")]
    asked = subprocess.run(command, env=bare(), capture_output=True, text=True, check=False)
    with capsys.disabled():
        print(f"\n{asked.stdout}")
    assert asked.returncode == 0, asked.stderr
    for disposition in ("opened", "resolved"):
        assert f"\n{disposition} " in asked.stdout
