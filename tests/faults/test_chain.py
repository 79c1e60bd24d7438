"""Proof of the chain: leaders die, clients freeze, and nothing is lost or out of order.

Short by default; `make faults` (MUSTER_FAULTS=long) runs 8 clients for 60 s and kills the leader every 3 s.
"""

import os
import signal
import time
from datetime import datetime, timedelta

from database import Database
from faults.chain import Rig, reckon, said, stopped_sealer
from muster.core.permissions import system
from muster.foundation.access import commands, queries
from muster.foundation.timeline.models import Link
from muster.foundation.timeline.sealer import seal_all, seal_batch
from muster.foundation.timeline.verify import verify
from people import Cast

LONG = os.environ.get("MUSTER_FAULTS") == "long"
CLIENTS, SECONDS, KILL_EVERY = (8, 60.0, 3.0) if LONG else (2, 4.0, 1.5)
TESTS = system("tests")


def test_the_chain_holds_while_its_leaders_die(cast: Cast, database: Database) -> None:
    """Gap-free, every effect after its cause, every reaction once, nothing acknowledged is lost. R58"""
    with Rig(database.url, database.owner_url) as rig:
        for name in ("worker-a", "worker-b"):
            rig.start_worker(name)
        rig.clients = [rig.start("client", f"client-{n}") for n in range(CLIENTS)]
        assert [said(client) for client in rig.clients] == ["ready"] * CLIENTS
        acknowledged = rig.run(SECONDS, kill_every=KILL_EVERY)
        rig.settle()
    found = reckon(database.owner_url)
    print(f"{acknowledged} commands, {found['events']} events, {rig.kills} leaders killed")
    faults = {name: n for name, n in found.items() if name not in ("events", "commands")}
    assert set(faults.values()) == {0}, faults
    assert rig.kills >= (15 if LONG else 2)
    assert acknowledged > 20 * CLIENTS
    assert verify().findings == ()


def test_a_client_frozen_before_its_commit_delays_nobody(cast: Cast, database: Database) -> None:
    """Its number is lower than theirs; they are sealed at once, it follows when it commits."""
    seal_all()
    with Rig(database.url, database.owner_url) as rig:
        rig.clients = [rig.start("frozen", "client-frozen")]
        held = int(said(rig.clients[0]))
        slowest = 0.0
        for n in range(20):
            began = time.monotonic()
            commands.give_grant(cast.id("ana"), "member", f"team:{n}", actor=TESTS, at=queries.now())
            assert seal_all() == 1
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 1.0
        assert not Link.objects.filter(event_id=held).exists()
        assert Link.objects.filter(event_id__gt=held).count() == 20
        rig.clients[0].send_signal(signal.SIGCONT)
        assert said(rig.clients[0]) == "committed"
    assert seal_all() == 1
    assert Link.objects.order_by("-seq")[0].event_id == held
    assert verify().findings == ()


def test_a_leader_that_froze_is_replaced(cast: Cast, database: Database) -> None:
    """PostgreSQL ends its idle transaction after 5 s; until then nobody else seals, then everybody may."""
    with stopped_sealer(database.owner_url) as lives:
        assert seal_batch() == 0
        if not LONG:
            return
        until = time.monotonic() + 10
        while lives() and time.monotonic() < until:
            time.sleep(0.1)
        assert seal_batch() > 0


def test_a_clock_set_back_by_an_hour_changes_nothing_of_the_order(cast: Cast, database: Database) -> None:
    """Order is the chain's, not the clock's."""
    seal_all()
    database.as_owner("UPDATE muster_clock.shift SET by = by - %s", timedelta(hours=1))
    before: datetime = queries.now()
    commands.change_person(cast.id("ana"), {"timezone": "Europe/Rome"}, actor=TESTS, at=before)
    assert seal_all() == 1
    newest = Link.objects.select_related("event").order_by("-seq")[0]
    assert newest.event.at == before
    assert verify().findings == ()
