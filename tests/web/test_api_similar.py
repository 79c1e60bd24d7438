"""`/alerts/ALR-n/similar`: what came before, how it ended, and only what the reader may see."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from calling import Call, answer, problem
from database import Clock, Database
from engine import settle
from learning import set_audience
from muster.core.signals import Action, make_signal
from muster.detect.commands import Received, key_hash, note_alert, receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.evaluate.queries_similar import COMPARED
from muster.foundation.access.models import Audience
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import resolve, trigger

MINUTE = timedelta(minutes=1)


def came(key: str, dedup: str, summary: str, **labels: str) -> str:
    """An alert is raised; its id."""
    signal = make_signal(Action.TRIGGER, dedup, summary=summary, labels=labels, raw={})
    [taken] = receive_signals([Received(key_hash(key), "alertmanager", (signal,))])
    settle()
    return f"ALR-{taken.alerts[0]}"


def similar(call: Call, alert: str, who: str = "ana") -> list[dict[str, Any]]:
    """What the API says."""
    items: list[dict[str, Any]] = answer(call("GET", f"/alerts/{alert}/similar", who=who))["items"]
    return items


def test_the_same_key_the_same_labels_and_the_same_words_in_this_order(
    key: str, call: Call, clock: Clock
) -> None:
    prepare()
    olds = [
        came(key, "a", "Queue of mailer grows", queue="mailer", cluster="eu", team="x"),
        came(key, "b", "Replica db-7 lags 40 s behind", role="db"),
        came(key, "c", "Disk full", role="db"),
        came(key, "d", "Mailer hangs", queue="mailer", cluster="eu", team="x"),
        came(key, "k", "Something else altogether"),
    ]
    clock.advance(MINUTE)
    receive_signals([resolve(key, dedup) for dedup in "abcdk"])
    settle()
    new = came(key, "k", "Replica db-9 lags 3 s behind", queue="mailer", cluster="eu", team="x")
    found = similar(call, new)
    assert [(one["id"], one["why"]) for one in found] == [
        (olds[4], "same_key"),
        (olds[3], "same_labels"),
        (olds[0], "same_labels"),
        (olds[1], "same_words"),
    ]
    assert found[0]["resolved_by"].startswith("integration:")
    assert found[0]["notes"] == []


def test_what_is_open_helps_nobody_yet(key: str, call: Call) -> None:
    prepare()
    first, second = came(key, "a", "Replica lags far behind"), came(key, "b", "Replica lags far behind")
    assert similar(call, second) == []
    receive_signals([resolve(key, "a")])
    assert [one["id"] for one in similar(call, second)] == [first]


def test_what_helped_then_is_told_with_the_note_the_incident_and_its_postmortem(
    key: str, call: Call, standard: None
) -> None:
    """Whoever resolves may say what helped; the incident brings its postmortem."""
    first = came(key, "k", "Checkout fails")
    declared = answer(
        call("POST", "/incidents", {"title": "Checkout down", "alert": first, "severity": "SEV2"}, who="ana"),
        201,
    )
    settle()
    answer(call("POST", f"/alerts/{first}/resolve", {"note": "Restarted the pool"}, who="ben"))
    settle()
    second = came(key, "k", "Checkout fails")
    answer(call("POST", f"/alerts/{second}/resolve", who="ana"))
    settle()
    third = came(key, "k", "Checkout fails")
    helped, other = similar(call, third)
    assert (helped["id"], other["id"]) == (first, second)  # what helps stands before what is newer
    [note] = helped["notes"]
    assert note["text"] == "Restarted the pool"
    assert helped["resolved_by"] == note["by"]
    assert (helped["incident"], helped["incident_title"]) == (declared["id"], "Checkout down")
    assert helped["postmortem"] is None
    assert (other["notes"], other["incident"]) == ([], None)


def test_what_ended_it_is_told_first_and_then_the_newest_notes(key: str, call: Call, cast: Cast) -> None:
    """Of many notes three are told: not those of the beginning."""
    prepare()
    first, ana = came(key, "k", "Checkout fails"), cast("ana")
    for text in ("Looking", "Still looking", "Pool is full"):
        note_alert(int(first.removeprefix("ALR-")), text, actor=ana.actor, at=ana.at)
    answer(call("POST", f"/alerts/{first}/resolve", {"note": "Restarted the pool"}, who="ben"))
    note_alert(int(first.removeprefix("ALR-")), "It held", actor=ana.actor, at=ana.at)
    settle()
    [found] = similar(call, came(key, "k", "Checkout fails"))
    assert [note["text"] for note in found["notes"]] == ["Restarted the pool", "It held", "Pool is full"]


def test_nobody_learns_of_what_is_not_theirs_to_see(
    key: str, call: Call, database: Database, standard: None
) -> None:
    """An alert of another audience is not there; a restricted incident is not named."""
    hidden = came(key, "k", "Payroll fails")
    open_one = came(key, "j", "Payroll fails")
    answer(
        call("POST", "/incidents", {"title": "Secret", "alert": open_one, "severity": "SEV2"}, who="ana"), 201
    )
    settle()
    receive_signals([resolve(key, "k"), resolve(key, "j")])
    settle()
    new = came(key, "n", "Payroll fails")
    assert {one["id"] for one in similar(call, new)} == {hidden, open_one}
    number, elsewhere = hidden.removeprefix("ALR-"), Audience.objects.create(name="INC").pk
    set_audience(Incident.objects.get(), elsewhere)
    database.as_owner("ALTER TABLE detect_alert DISABLE TRIGGER USER")
    database.as_owner("UPDATE detect_alert SET audience_id = %s WHERE id = %s", elsewhere, int(number))
    [left] = similar(call, new)
    assert (left["id"], left["incident"], left["incident_title"]) == (open_one, None, None)
    problem(call("GET", f"/alerts/{hidden}/similar", who="ana"), 404, "alert_not_found")


def test_no_more_alerts_are_compared_than_the_bound(
    key: str, call: Call, cast: Cast, clock: Clock, at: Callable[..., Any]
) -> None:
    """One of the same key is found by its index, however many came since."""
    prepare()
    first = came(key, "k", "Queue of mailer grows")
    receive_signals([resolve(key, "k")])
    for start in range(0, 2 * COMPARED, 200):
        receive_signals([trigger(key, f"n{n}") for n in range(start, start + 200)])
    assert Alert.objects.count() > 2 * COMPARED
    new = came(key, "k", "Queue of mailer grows")
    assert [one["id"] for one in similar(call, new)] == [first]
    other = came(key, "z", "Queue of mailer grows")
    assert similar(call, other) == []  # alike by its words, and too long ago to be compared
