"""PagerDuty's own Python client against a running Muster, by address and key alone. It insists on https."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pagerduty
import pytest

from fakes.certificate import pair
from processes.running import Up, eventually, up

CONFIG = """
version: 1
people: [{handle: ana, name: Ana, role: responder, contacts: [{kind: webhook, url: "http://127.0.0.1:9/p"}]}]
policies: [{handle: shop, steps: [{after: 0s, notify: [person:ana]}]}]
services: [{handle: checkout, name: Checkout, policy: shop}]
integrations: [{handle: scripts, service: checkout, kind: pagerduty}]
"""
RUNBOOK = {"href": "https://runbooks.example.com/disk", "text": "Runbook"}


@pytest.fixture(scope="module")
def certificate(scratch: Path) -> Path:
    """The file of the certificate that Muster shows; its key lies beside it."""
    found, secret = pair()
    folder = scratch / "tls"
    folder.mkdir()
    (folder / "cert.pem").write_bytes(found)
    (folder / "key.pem").write_bytes(secret)
    return folder / "cert.pem"


@pytest.fixture(scope="module")
def muster(scratch: Path, certificate: Path) -> Iterator[Up]:
    tls = ("--tls-cert", str(certificate), "--tls-key", str(certificate.with_name("key.pem")))
    with up("--data", str(scratch / "pagerduty"), "--host", "127.0.0.1", *tls) as running:
        yield running


@pytest.fixture(scope="module")
def trust(certificate: Path) -> ssl.SSLContext:
    """Trusts this certificate, and no other."""
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture(scope="module")
def api(muster: Up, trust: ssl.SSLContext) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {muster.ready['token']}"}
    with httpx.Client(base_url=f"{muster.url}/api/v1", headers=headers, timeout=20, verify=trust) as client:
        yield client


@pytest.fixture(scope="module")
def key(api: httpx.Client) -> str:
    """The key of the integration, as it is shown once."""
    applied = api.post("/configuration/apply", content=CONFIG)
    assert applied.status_code == 200, applied.text
    return str(applied.json()["integrations"][0]["key"])


@pytest.fixture
def client(muster: Up, key: str, trust: ssl.SSLContext) -> pagerduty.EventsApiV2Client:
    """As its users make it, with another base."""
    return pagerduty.EventsApiV2Client(key, base_url=muster.url, verify=trust, trust_env=False)


def alert(api: httpx.Client, dedup_key: str) -> dict[str, Any]:
    """The one alert under a key, as our own API tells it."""
    [found] = api.get("/alerts", params={"dedup_key": dedup_key}).json()["items"]
    return dict(found)


def test_an_alert_lives_through_the_client(client: pagerduty.EventsApiV2Client, api: httpx.Client) -> None:
    """Trigger, trigger again, acknowledge, resolve: what was answered 202 is there (issue 4, proof 1)."""
    said = {"severity": "error", "custom_details": {"free": "1 %"}, "links": [RUNBOOK]}
    dedup_key = client.trigger(
        "Disk 99 % on db-1", "db-1", payload={"component": "mysql", "class": "disk"}, **said
    )
    opened = alert(api, dedup_key)
    assert (opened["state"], opened["severity"], opened["count"]) == ("triggered", "error", 1)
    assert (opened["summary"], opened["source"]) == ("Disk 99 % on db-1", "db-1")
    assert (opened["component"], opened["links"]) == ("mysql", [RUNBOOK])
    assert (opened["service"], opened["integration"]) == ("checkout", "scripts")
    assert eventually(lambda: alert(api, dedup_key)["group"] is not None)
    group = f"/groups/{alert(api, dedup_key)['group']}"

    assert client.trigger("Disk 99 % on db-1", "db-1", dedup_key=dedup_key, **said) == dedup_key
    assert alert(api, dedup_key)["count"] == 2
    assert client.acknowledge(dedup_key) == dedup_key
    taken = alert(api, dedup_key)
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", None)
    assert eventually(lambda: api.get(group).json()["state"] == "acknowledged")
    assert client.resolve(dedup_key) == dedup_key
    assert alert(api, dedup_key)["state"] == "resolved"
    assert eventually(lambda: api.get(group).json()["state"] == "resolved")
    kinds = [one["kind"] for one in timeline(api, opened["id"])]
    assert kinds == ["alert.opened", "alert.acknowledged", "alert.resolved"]


def timeline(api: httpx.Client, public_id: str) -> list[dict[str, Any]]:
    """What the sender did to an alert, oldest first."""
    subject = f"alert:{public_id.removeprefix('ALR-')}"
    found = api.get("/timeline", params={"limit": 200}).json()["items"]
    return [one for one in reversed(found) if one["subject"] == subject]


def test_a_change_event_is_kept_on_its_service(
    client: pagerduty.EventsApiV2Client, api: httpx.Client
) -> None:
    client.submit("Deploy 1.2.3", source="ci", links=[RUNBOOK], timestamp="2026-03-02T20:00:00Z")
    [told] = api.get("/changes", params={"service": "checkout"}).json()["items"]
    assert (told["summary"], told["source"], told["integration"]) == ("Deploy 1.2.3", "ci", "scripts")
    assert (told["changed_at"], told["links"]) == ("2026-03-02T20:00:00Z", [RUNBOOK])


def test_a_key_that_is_nobodys_is_told_as_the_client_reads_it(muster: Up, trust: ssl.SSLContext) -> None:
    stranger = pagerduty.EventsApiV2Client("z" * 32, base_url=muster.url, verify=trust, trust_env=False)
    with pytest.raises(pagerduty.HttpError) as refused:
        stranger.trigger("Disk full", "db-1")
    assert refused.value.response.status_code == 400
    assert refused.value.response.json()["errors"] == ["Invalid routing key"]


def test_its_command_line_opens_and_ends_an_alert(
    muster: Up, api: httpx.Client, key: str, certificate: Path
) -> None:
    program = str(Path(sys.executable).with_name("pagerduty"))
    shared = ["-k", key, "-i", "from/the shell", "--base-url", muster.url]
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "SSL_CERT_FILE": str(certificate)}

    def run(*arguments: str) -> None:
        done = subprocess.run(
            [program, *arguments], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr

    run("trigger", *shared, "--description", "Backup failed")
    assert alert(api, "from/the shell")["summary"] == "Backup failed"
    run("resolve", *shared)
    assert alert(api, "from/the shell")["state"] == "resolved"
