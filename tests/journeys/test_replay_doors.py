"""Every body that a sender is known to send is rehearsed at its door: nothing whatever changes by that, and
what is foretold is what happens when it comes (issue 4, proof 6)."""

from typing import Any

import pytest

from acme import ACME
from calling import Call, answer
from contracts.bodies import Known, known
from database import Database, everything
from muster.core.ports.source_form import Door
from muster.detect.commands import Received, key_hash, receive_signals
from muster.detect.models import Signal as Kept
from muster.foundation.timeline.reactor import prepare

KINDS = sorted({one.door.kind for one in known()})


@pytest.mark.parametrize("kind", KINDS)
def test_a_rehearsal_at_each_door_changes_nothing_and_tells_what_happens(
    call: Call, database: Database, kind: str
) -> None:
    prepare()
    answer(call("POST", "/configuration/apply", ACME))
    made = answer(call("POST", "/integrations", {"handle": "own", "service": "checkout", "kind": kind}), 201)
    mine = [one for one in known() if one.door.kind == kind]
    before = everything(database)
    for one in mine:
        assert 200 <= rehearsed(call, one)["answer"]["status"] < 300, str(one)
    after = everything(database)
    assert [table for table in before if before[table] != after[table]] == []
    for one in (one for one in mine if one.door.takes is None):
        told = rehearsed(call, one)
        assert foretold(told) == came(one.door, one, str(made["key"])), str(one)


def rehearsed(call: Call, one: Known) -> dict[str, Any]:
    """What would happen if this came."""
    body = {"payload": one.value, "door": one.door.name}
    return dict(answer(call("POST", "/integrations/own/rehearsal", body)))


def foretold(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The key, the disposition and the reason of each signal."""
    return sorted((one["dedup_key"], one["disposition"], one["reason"]) for one in told["signals"])


def came(door: Door, one: Known, key: str) -> list[tuple[str, str, str]]:
    """The same, of what is stored when it really comes."""
    last = Kept.objects.order_by("-id").values_list("id", flat=True).first() or 0
    [taken] = receive_signals([Received(key_hash(key), door.kind, tuple(door.translate({}, one.value)))])
    assert taken.known
    rows = Kept.objects.filter(id__gt=last).values_list("dedup_key", "disposition", "reason")
    return sorted(rows)
