"""A mailbox that a real worker reads, which is killed between keeping a letter and marking it."""

import os
import signal
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from fakes.imap import ImapServer
from muster.core.reply import address_with
from processes.running import Up, eventually, up

MAILBOX = "alerts@in.example.com"
CONFIG = """
version: 1
services: [{handle: checkout, name: Checkout}]
integrations: [{handle: letters, service: checkout, kind: email}]
"""


@pytest.fixture
def box() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@pytest.fixture
def muster(scratch: Path, box: ImapServer) -> Iterator[Up]:
    """The guard lists what the admin named, on a private network, too."""
    with up("--data", str(scratch / "mailbox"), MUSTER_MAIL_IN=box.url(f"alerts={MAILBOX}")) as running:
        yield running


def test_a_worker_that_dies_before_it_marks_a_letter_keeps_it_once(muster: Up, box: ImapServer) -> None:
    """The next one reads it again, and knows it."""
    headers = {"Authorization": f"Bearer {muster.ready['token']}"}
    with httpx.Client(base_url=f"{muster.url}/api/v1", headers=headers, timeout=20) as api:
        applied = api.post("/configuration/apply", content=CONFIG)
        key = applied.json()["integrations"][0]["key"]
        box.hold_store = threading.Event()
        said = EmailMessage()
        said["From"], said["To"], said["Subject"] = "nas@example.com", address_with(key, MAILBOX), "Disk full"
        said["Message-ID"], said["Date"] = "<1@nas>", "Sun, 29 Nov 2026 01:00:00 +0000"
        said.set_content("97 %")
        uid = box.deliver(said)
        assert box.at_store.wait(30)
        [alert] = api.get("/alerts", params={"service": "checkout"}).json()["items"]
        assert (alert["summary"], alert["count"]) == ("Disk full", 1)
        os.kill(muster.children()["muster worker"], signal.SIGKILL)
        held, signed_in = box.hold_store, box.sign_ins
        box.hold_store = None
        held.set()
        assert not box.letters[uid].is_seen
        assert eventually(lambda: box.sign_ins > signed_in, 60)
        box.wait_until_read(uid)
        assert box.fetched == [uid, uid]
        [again] = api.get("/alerts", params={"service": "checkout"}).json()["items"]
        assert (again["id"], again["count"]) == (alert["id"], 1)
