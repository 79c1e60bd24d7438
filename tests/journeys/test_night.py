"""One night: from a real Alertmanager to a written postmortem, over real processes (R1-R3, R7)."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.smtp import SmtpServer
from journeys.alertmanager import Alertmanager, alertmanager
from processes.running import Up, up

pytestmark = pytest.mark.peers
CONFIG = (Path(__file__).parent / "night.yaml").read_text()


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def muster(scratch: Path, smtp: SmtpServer) -> Iterator[Up]:
    variables = {"MUSTER_EMAIL_URL": smtp.url, "MUSTER_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8"}
    with up("--data", str(scratch / "night"), **variables) as running:
        yield running


@pytest.fixture(scope="module")
def api(muster: Up) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {muster.ready['token']}"}
    with httpx.Client(base_url=f"{muster.url}/api/v1", headers=headers, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def sender(api: httpx.Client, scratch: Path) -> Iterator[Alertmanager]:
    applied = api.post("/configuration/apply", content=CONFIG)
    assert applied.status_code == 200, applied.text
    [integration] = applied.json()["integrations"]
    with alertmanager(scratch, integration["url"]) as running:
        yield running


def eventually(look: Callable[[], Any], seconds: float = 60) -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


def deliveries(api: httpx.Client) -> list[dict[str, str]]:
    """Every message that was sent to somebody, as the API tells of it."""
    items: list[dict[str, str]] = api.get("/deliveries").json()["items"]
    return items


def token_of(api: httpx.Client, handle: str) -> dict[str, str]:
    """The headers of a person's own API token."""
    made = api.post("/tokens", json={"person": handle, "name": "journey"})
    assert made.status_code in (200, 201), made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


def test_the_night(muster: Up, api: httpx.Client, smtp: SmtpServer, sender: Alertmanager) -> None:
    """Fires; Ana is mailed and sleeps on; Ben is paged at the step's time, acknowledges by the link ..."""
    sender.fire("CheckoutErrors", summary="38 % of checkouts fail")
    [first] = eventually(lambda: smtp.to("ana@example.com"))
    assert "38 % of checkouts fail" in first.text()
    [second] = eventually(lambda: smtp.to("ben@example.com"))
    sent = {one["person"]: datetime.fromisoformat(one["created_at"]) for one in deliveries(api)}
    fired_at = datetime.fromisoformat(api.get("/alerts").json()["items"][0]["opened_at"])
    assert sent["ben"] - fired_at >= timedelta(seconds=3), "the second step starts at its time"
    assert sent["ana"] < sent["ben"]

    link = re.search(r"http://\S+/p/\S+", second.text())
    assert link is not None
    opened = httpx.get(link[0])
    assert (opened.status_code, opened.text.count("<form")) == (200, 1)
    alert = api.get("/alerts").json()["items"][0]
    assert alert["state"] == "triggered", "opening the link acknowledges nothing"
    assert httpx.post(f"{link[0]}/acknowledge").status_code == 302
    alert = api.get(f"/alerts/{alert['id']}").json()
    assert (alert["state"], alert["acknowledged_by"]) == ("acknowledged", "ben")

    ben = token_of(api, "ben")
    said = {"title": "Checkout fails", "severity": "SEV2", "service": "checkout", "alert": alert["id"]}
    declared = api.post("/incidents", json=said, headers=ben)
    assert declared.status_code in (200, 201), declared.text
    incident = f"/incidents/{declared.json()['id']}"
    assert declared.json()["commander"] == "ben"
    work(api, incident, ben)

    sender.resolve("CheckoutErrors", summary="38 % of checkouts fail")
    eventually(lambda: api.get(f"/alerts/{alert['id']}").json()["state"] == "resolved")
    gate = [
        "system_stable", "impact_ceased", "metrics_confirm", "timeline_documented", "postmortem_scheduled",
    ]  # fmt: skip
    resolution = {"confirm": gate, "public_words": "Checkout works again."}
    resolved = api.post(f"{incident}/resolve", json=resolution, headers=ben)
    assert resolved.status_code == 200, resolved.text
    assert api.get(incident).json()["phase"] in {"resolved", "reviewing"}

    page = f"{muster.url}/status/main/"
    told = "Checkout works again."
    eventually(lambda: told in httpx.get(f"{page}api/v2/incidents.json").text)
    eventually(lambda: "Resolved" in httpx.get(page).text)  # pages are put out after their JSON
    postmortem = eventually(lambda: draft(api, incident))
    assert "Rolling back to 4.17.2" in str(postmortem)
    assert api.get("/verify").json()["ok"]


def work(api: httpx.Client, incident: str, ben: dict[str, str]) -> None:
    """... declares, gives a role, says what is done, tells customers, states that impact has stopped ..."""
    role = api.post(f"{incident}/roles", json={"role": "operations_lead", "person": "ana"}, headers=ben)
    assert role.status_code == 200, role.text
    told = {"title": "Checkout fails", "text": "We are on it.", "components": {"Checkout": "major_outage"}}
    posted = api.post("/status-pages/main/posts", json=told | {"incident": incident[11:]}, headers=ben)
    assert posted.status_code == 201, posted.text
    for path, body in (
        ("say", {"text": "Rolling back to 4.17.2", "kind": "action"}),
        (
            "updates",
            {"text": "Checkout fails. We are on it.", "audience": "external", "status": "Investigating"},
        ),
        ("mitigate", {}),
    ):
        done = api.post(f"{incident}/{path}", json=body, headers=ben)
        assert done.status_code in (200, 201), f"{path}: {done.text}"


def draft(api: httpx.Client, incident: str) -> dict[str, Any] | None:
    """The drafted postmortem, when it is there."""
    answer = api.get(f"{incident}/postmortem")
    return dict(answer.json()) if answer.status_code == 200 else None
