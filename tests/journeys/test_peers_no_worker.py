"""Nobody is paged while no worker runs, and everybody can see it: rows 7a and 7b of peers.csv.

Real processes: `muster web` alone, then with a worker that is killed, then with a new one.
"""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from faults.rig.program import MUSTER
from faults.rig.site import Plan, Site
from processes.running import eventually

WITHIN_S, SENT_WITHIN_S = 30.0, 10.0


def ready(site: Site) -> tuple[int, dict[str, Any]]:
    [url] = site.addresses.values()
    told = httpx.get(f"{url}/readyz", timeout=5)
    return told.status_code, told.json()["checks"]["worker"]


def doctor(site: Site) -> tuple[int, dict[str, str]]:
    """Exit code, and the findings by check."""
    environment = site.environment() | {"MUSTER_DATABASE_URL": site.owner_url}
    del environment["MUSTER_DATABASE_ROLE"]
    done = subprocess.run(
        [MUSTER, "doctor", "--json"], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, {one["check"]: one["finding"] for one in json.loads(done.stdout)}


def test_without_a_worker_it_is_said_everywhere_and_what_waits_leaves_when_one_starts(scratch: Path) -> None:
    with Site(scratch / "site", Plan(webs=1, workers=0)) as site:
        told, worker = ready(site)
        assert (told, worker["ok"], worker["reason"]) == (
            503,
            False,
            "no worker was seen within 30 s: run muster worker",
        )
        [test] = site.client.api("POST", "/people/ana/test-pages", json={}).json()
        assert (test["state"], test["note"]) == ("queued", "not sent yet: no worker is running")
        site.client.trigger(site.keys["plain"], "waits")
        code, found = doctor(site)
        assert code == 1
        assert found["worker"] == "No worker has ever been seen: nobody is paged."
        time.sleep(1)
        assert site.receipts.lines == []

        first = site.add_worker()
        began = time.monotonic()
        for summary in ("waits", "This is a test page by webhook. Nothing is wrong."):
            assert site.receipts.wait_for(lambda line, s=summary: line["summary"] == s, SENT_WITHIN_S)
        print(f"what waited left {time.monotonic() - began:.1f} s after a worker was started")
        assert ready(site)[0] == 200
        assert "worker" not in doctor(site)[1]
        [sent] = site.client.api("GET", "/test-pages").json()["items"]
        assert (sent["state"], sent["note"]) == ("accepted", "")

        first.kill()
        began = time.monotonic()
        assert eventually(lambda: ready(site)[0] == 503, WITHIN_S + 5)
        assert time.monotonic() - began <= WITHIN_S + 1
        assert doctor(site)[0] == 1
