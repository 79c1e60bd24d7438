"""Every signal of a mixed story has one disposition with a reason (I1); the documented query counts them."""

import re
from pathlib import Path
from typing import Any

from calling import Call, answer
from database import Database
from engine import settle
from muster.core.intake import Disposition, IntakeReason
from muster.core.signals import Action, make_signal
from muster.core.unreadable import unreadable
from muster.detect.accounting import ACCOUNT, Amiss, What, account
from muster.detect.commands import Received, key_hash, receive_signals
from muster.detect.models import Alert
from muster.detect.models import Signal as Kept
from muster.foundation.timeline.reactor import prepare
from senders import count_repeats, resolve, trigger

DOCUMENT = Path(__file__).parents[2] / "docs" / "signals.md"


def documented() -> str:
    """The query, as the document prints it."""
    [query] = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    return query


def counted(database: Database) -> dict[tuple[str, str], int]:
    """What the documented query answers."""
    return {(row[0], row[1]): int(row[2]) for row in database.as_owner(documented())}


def one(key: str, action: Action, dedup: str = "k1", **more: Any) -> Received:
    """A request with one signal."""
    signal = make_signal(action, dedup, summary="Checkout fails", raw={"a": action.value}, **more)
    return Received(key_hash(key), "alertmanager", (signal,))


def broken(key: str) -> Received:
    """A request that could not be read."""
    return Received(key_hash(key), "alertmanager", (), unreadable(IntakeReason.NOT_JSON, b"{"))


def send(requests: list[Received]) -> int:
    """As the flusher does: the short way first. Returns how many were sent."""
    short = count_repeats(requests)
    rest = [request for request, taken in zip(requests, short, strict=True) if taken is None]
    assert all(taken.known for taken in receive_signals(rest))
    return len(requests)


def test_every_signal_has_one_disposition_with_a_reason(key: str, call: Call, database: Database) -> None:
    """Opened, repeated in a storm, acknowledged, resolved, fired again, silenced, a change, unreadable."""
    prepare()
    silence = {"matchers": ['component="quiet"'], "for": "2h", "why": "we know"}
    answer(call("POST", "/silences", silence, who="ana"), 201)
    sent = send([trigger(key, "k1"), trigger(key, "k2"), one(key, Action.CHANGE, "deploy")])
    for _ in range(5):
        sent += send([trigger(key, "k1")] * 50)
    sent += send([one(key, Action.ACKNOWLEDGE), one(key, Action.ACKNOWLEDGE), resolve(key, "never")])
    sent += send([resolve(key), trigger(key, "k1"), resolve(key), trigger(key, "k1"), broken(key)])
    sent += send([*[broken(key)] * 30, one(key, Action.TRIGGER, "quiet", component="quiet")])
    settle()
    assert Alert.objects.exclude(suppressed_by=None).get().dedup_key == "quiet"
    assert counted(database) == {
        ("opened", "first"): 3,
        ("opened", "fired_again"): 2,
        ("merged", "already_open"): 250,
        ("merged", "already_acknowledged"): 1,
        ("acknowledged", "acknowledged_by_sender"): 1,
        ("resolved", "resolved_by_sender"): 2,
        ("noted", "change_noted"): 1,
        ("rejected", "nothing_open"): 1,
        ("unreadable", "not_json"): 10,
        ("unreadable", "beyond_ten_a_minute"): 21,
    }
    assert sum(counted(database).values()) == sent
    assert Kept.objects.count() < sent
    assert Kept.objects.count() + sum(Alert.objects.values_list("unkept", flat=True)) == sent
    assert (account().signals, account().amiss) == (sent, ())


def test_no_row_is_without_a_disposition_and_a_reason_that_has_words(key: str, database: Database) -> None:
    send([trigger(key), one(key, Action.ACKNOWLEDGE), resolve(key), broken(key), resolve(key, "never")])
    for disposition, reason in Kept.objects.values_list("disposition", "reason"):
        assert Disposition(disposition)
        assert IntakeReason(reason)
    [(nulls,)] = database.as_owner(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'detect_signal'::regclass"
        " AND attname IN ('disposition', 'reason') AND NOT attnotnull"
    )
    assert nulls == 0


def test_what_contradicts_the_account_is_named(key: str, database: Database) -> None:
    """A reason of another disposition, an alert that is not there, a count that is not its signals'."""
    send([trigger(key, "k1"), trigger(key, "k2"), resolve(key, "never")])
    assert account().amiss == ()
    first, second, third = Kept.objects.order_by("id").values_list("id", flat=True)
    for change in (
        f"UPDATE detect_signal SET reason = 'nothing_open' WHERE id = {first}",
        f"UPDATE detect_signal SET alert_id = 0 WHERE id = {second}",
        f"UPDATE detect_signal SET disposition = 'merged' WHERE id = {third}",
        "SET session_replication_role = replica; UPDATE detect_alert SET count = 2 WHERE dedup_key = 'k1'",
    ):
        database.as_owner(change)
    assert account().amiss == (
        Amiss(What.WITHOUT_ITS_REASON, 2, first),
        Amiss(What.WITHOUT_ITS_ALERT, 2, second),
        Amiss(What.COUNTED_OTHERWISE, 1, Alert.objects.get(dedup_key="k1").pk),
    )


def test_the_document_prints_the_query_that_the_product_asks() -> None:
    assert documented() == ACCOUNT


def test_the_document_names_every_disposition_and_every_reason() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [said.value for said in (*Disposition, *IntakeReason) if f"`{said.value}`" not in text] == []
