"""What hurts the users of other tools where much is open, each as a story: rows 12a and 12b of peers.csv.

Shown by what is read, written and sent, which the peers' faults multiply on any machine; the times are
printed, and `make bench crowds` measures them on a running Muster.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

import crowded
from calling import Call, answer
from database import Database
from engine import settle
from muster.core.permissions import system
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.foundation.access.commands import set_password
from muster.foundation.timeline.reactor import prepare
from people import Cast
from rooms import Declare
from senders import trigger

OPEN, ALERTS, ENTRIES = 10_000, 5_000, 20_000
PAGE_BYTES, PAGE_ROWS = 300_000, 1_500
ACKNOWLEDGED = 20


class Meter:
    """Counts the statements of a stretch of work, and the rows that they brought or changed."""

    def __init__(self) -> None:
        self.statements = self.rows = 0
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """As Django calls what wraps its statements."""
        result = execute(sql, params, many, context)
        self.statements += 1
        self.rows += max(context["cursor"].rowcount, 0)
        return result

    def __str__(self) -> str:
        return f"{self.seconds * 1000:.0f} ms, {self.statements} statements, {self.rows} rows"


@contextmanager
def metered() -> Iterator[Meter]:
    meter = Meter()
    began = time.monotonic()
    with connection.execute_wrapper(meter):
        yield meter
    meter.seconds = time.monotonic() - began


@pytest.fixture
def ana(cast: Cast) -> Client:
    """Ana's browser."""
    browser = Client()
    browser.force_login(
        set_password(cast.id("ana"), "a long secret", actor=system("tests"), at=queries.now())
    )
    return browser


def acknowledged(call: Call, dedup: str) -> Meter:
    """Acknowledge an alert, and let the engine do what follows; the time is that of the answer alone."""
    public_id = Alert.objects.get(dedup_key=dedup).public_id
    with metered() as own:
        answer(call("POST", f"/alerts/{public_id}/acknowledge", who="ana"))
    with metered() as following:
        settle()
    own.statements += following.statements
    own.rows += following.rows
    return own


def test_an_acknowledgement_costs_the_same_however_much_is_open(
    paged: None, key: str, call: Call, database: Database, ana: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """12a, keephq/keep#6300: with 10,000 open alerts it answers as with few, and the list shows it."""
    prepare()
    receive_signals([trigger(key, f"ours-{n}") for n in range(ACKNOWLEDGED + 2)])
    settle()
    acknowledged(call, "ours-0")  # whatever is read once is read
    alone = acknowledged(call, "ours-1")
    crowded.fill(database.owner_url, OPEN, unresolved=OPEN, waiting=0, kinds=crowded.OPEN)
    among = [acknowledged(call, f"ours-{n}") for n in range(2, ACKNOWLEDGED + 2)]
    typical = sorted(among, key=lambda one: one.rows)[len(among) // 2]  # now and then lanes are sent on
    with metered() as listing:
        page = ana.get("/alerts?state=mine")
    with capsys.disabled():
        slowest = max(one.seconds for one in among) * 1000
        print(f"\nalone {alone}; among {OPEN} open {typical}, slowest {slowest:.0f} ms; list {listing}")
    assert typical.rows <= alone.rows + 5
    assert typical.statements <= alone.statements + 5
    assert len(set(re.findall(r"/alerts/GRP-\d+", page.content.decode()))) == ACKNOWLEDGED + 2
    assert listing.rows <= PAGE_ROWS


def test_an_incident_of_thousands_opens_small_and_scrolls_on(
    declare: Declare, database: Database, ana: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """12b, keephq/keep#1472 and #1612: 5,000 alerts, 20,000 entries: fifty, and then the next fifty."""
    incident = declare("SEV1")
    crowded.fill(database.owner_url, ALERTS, unresolved=ALERTS, waiting=0, kinds=crowded.OPEN)
    crowded.fill_incident(database.owner_url, incident.pk, alerts=ALERTS, entries=ENTRIES)
    path = f"/incidents/{incident.public_id}"
    with metered() as meter:
        page = ana.get(path).content.decode()
    with capsys.disabled():
        print(f"\n{ALERTS} alerts, {ENTRIES} entries: {meter}, {len(page.encode()) / 1000:.0f} kB")
    assert len(page.encode()) <= PAGE_BYTES
    assert meter.rows <= PAGE_ROWS
    entries = entries_of(page)
    assert len(entries) == 50
    for _ in range(2):
        page = ana.get(path + older(page)).content.decode()
        before = entries_of(page)
        assert len(before) == 50
        assert max(before) < min(entries)
        entries = before
    every = ana.get(f"/alerts?state=all&q={incident.public_id}").content.decode()
    assert f"All {ALERTS} groups of alerts" in page
    first = groups_of(every)
    second = groups_of(ana.get(older(every)).content.decode())
    assert (len(first), len(second), first & second) == (50, 50, set())


def entries_of(page: str) -> set[int]:
    """The numbers of the entries that a room shows."""
    return {int(number) for number in re.findall(r'id="entry-(\d+)"', page)}


def groups_of(page: str) -> set[str]:
    """The groups that an inbox shows."""
    return set(re.findall(r"/alerts/(GRP-\d+)", page))


def older(page: str) -> str:
    """Where a list goes on."""
    [address] = set(re.findall(r'href="([^"]*before=[^"]*)"', page))
    return str(address).replace("&amp;", "&")
