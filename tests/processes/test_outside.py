"""The switch outside tells somebody when the auditor or the worker stops, on a path without us (I25, 2a).

The watcher waits 20 s here in place of the minute that people set, so that the test is over sooner.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fakes.smtp import SmtpServer
from fakes.watcher import Watcher
from faults.crowd import House
from muster.processes.postgres import Cluster
from processes.conftest import ORDINARY_USER
from processes.running import Up, eventually

PERIOD_S = 20.0
WITHIN_S = 120.0


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """Somebody outside who waits for signs of life."""
    with Watcher(period_s=PERIOD_S) as outside:
        yield outside


class Watched(House):
    """A house with a watcher outside."""

    def __init__(self, folder: Path, smtp: SmtpServer, watcher: Watcher) -> None:
        self._watcher = watcher
        super().__init__(folder, smtp, 1)

    def _start(self) -> Up:
        more = {"MUSTER_EMAIL_URL": self.smtp.url, "MUSTER_HEARTBEAT_URL": self._watcher.url}
        return Up("--data", str(self.folder), **more)


@pytest.fixture
def house(folder: Path, watcher: Watcher) -> Iterator[Watched]:
    """Muster with one person who is on call."""
    with SmtpServer() as smtp:
        made = Watched(folder / "d", smtp, watcher)
        yield made
        if made.up.process.poll() is None:
            made.up.stop()


def test_somebody_is_told_when_the_auditor_or_the_worker_stops(
    house: Watched, watcher: Watcher, capsys: pytest.CaptureFixture[str]
) -> None:
    """An auditor that cannot look is not vouched for by a worker that pages well (M23)."""
    assert eventually(lambda: len(watcher.signs) > 0, 60)
    assert watcher.told == []

    began = time.monotonic()
    blind(house, "ALTER TABLE watch_finding RENAME TO watch_finding_gone")
    house.send(0)
    assert eventually(lambda: len(house.smtp.mails) > 0, 15), "the engine pages on"
    assert eventually(lambda: len(watcher.told) > 0, WITHIN_S)
    auditor_s = watcher.told[0] - began

    signs = len(watcher.signs)
    blind(house, "ALTER TABLE watch_finding_gone RENAME TO watch_finding")
    assert eventually(lambda: len(watcher.signs) > signs, 60), "it is heard again"

    began = time.monotonic()
    os.kill(house.up.children()["muster worker"], signal.SIGSTOP)
    assert eventually(lambda: len(watcher.told) > 1, WITHIN_S)
    worker_s = watcher.told[1] - began
    os.kill(house.up.children()["muster worker"], signal.SIGCONT)
    with capsys.disabled():
        print(f"\ntold {auditor_s:.0f} s after the auditor, {worker_s:.0f} s after the worker stopped")


def blind(house: Watched, sql: str) -> None:
    """Change the auditor's tables under its feet."""
    with psycopg.connect(Cluster(house.folder, user=ORDINARY_USER).dsn(), autocommit=True) as connection:
        connection.execute(sql)
