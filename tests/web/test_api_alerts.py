"""`/alerts`, `/groups`, `/silences`, and why: happy, refused, stranger, missing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from acme import ACME
from calling import Call, answer, problem
from database import Clock, Database
from engine import settle
from muster.core.decision import Step
from muster.core.signals import Action, make_signal
from muster.detect.commands import Received, key_hash, receive_signals
from muster.detect.models import Alert
from muster.evaluate.due import wake_due_groups
from muster.evaluate.models import AlertGroup
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.models import Page

Send = Callable[..., None]


@pytest.fixture
def send(call: Call) -> Send:
    """The house of design 13, and its Alertmanager: `send("k1", summary=..., group_key=...)`."""
    prepare()
    everyday = ACME.replace(', only: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}]', "")
    [shown] = answer(call("POST", "/configuration/apply", everyday))["integrations"]

    def trigger(key: str = "k1", summary: str = "Checkout fails", **more: Any) -> None:
        signal = make_signal(Action.TRIGGER, key, summary=summary, raw={}, **more)
        receive_signals([Received(key_hash(shown["key"]), "alertmanager", (signal,))])
        settle()

    return trigger


def on_call() -> str:
    """Who was paged first."""
    return str(Page.objects.earliest("id").person.handle)


def test_an_alert_is_listed_with_its_decision(call: Call, send: Send) -> None:
    """The form of design 13."""
    send("k1")
    [listed] = answer(call("GET", "/alerts", who="sam"))["items"]
    one = answer(call("GET", f"/alerts/{listed['id']}"))
    assert listed == one
    assert one["id"] == f"ALR-{Alert.objects.get().pk}"
    wanted = {"dedup_key": "k1", "service": "checkout", "state": "triggered", "urgency": "high", "count": 1}
    assert {name: one[name] for name in wanted} == wanted
    assert (one["acknowledged_at"], one["acknowledged_by"], one["resolved_at"], one["incident"]) == (
        None,
    ) * 4
    steps = {step["step"]: step for step in one["decisions"]}
    assert list(steps) == [step.value for step in Step]
    assert steps["route"]["sentence"] == (
        "No route matches, so it stays with checkout and goes up the policy payments."
    )
    assert one["opened_at"].endswith("Z")


def test_lists_are_newest_first_and_can_be_narrowed(call: Call, send: Send) -> None:
    """All states unless one is asked for."""
    for key in ("k1", "k2", "k3"):
        send(key)
    answer(call("POST", "/alerts/2/resolve", who="ana"))
    everything = answer(call("GET", "/alerts"))["items"]
    assert [one["dedup_key"] for one in everything] == ["k3", "k2", "k1"]
    assert [one["dedup_key"] for one in answer(call("GET", "/alerts?state=resolved"))["items"]] == ["k2"]
    assert answer(call("GET", "/alerts?service=orders-db"))["items"] == []
    assert len(answer(call("GET", "/alerts?service=checkout&limit=2"))["items"]) == 2
    problem(call("GET", "/alerts?service=none"), 404, "service_not_found")
    answer(call("GET", "/alerts?state=on_fire"), 422)


def test_acknowledging_takes_the_whole_group_and_stops_the_ladder(call: Call, send: Send) -> None:
    """Design 6 and 7: committed before the answer."""
    send("k1", group_key="storm")
    send("k2", group_key="storm")
    taken = answer(call("POST", "/alerts/ALR-1/acknowledge", who="ana"))
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "ana")
    assert answer(call("GET", "/alerts/2"))["state"] == "acknowledged"
    [group] = answer(call("GET", "/groups"))["items"]
    assert (group["state"], group["alerts"]) == ("acknowledged", ["ALR-1", "ALR-2"])
    assert Escalation.objects.get().state == "stopped"


def test_whoever_comes_second_learns_who_has_it_and_since_when(call: Call, send: Send) -> None:
    """Saying it twice oneself is no fault."""
    send()
    answer(call("POST", "/alerts/1/acknowledge", who="ana"))
    answer(call("POST", "/alerts/1/acknowledge", who="ana"))
    said = problem(call("POST", "/alerts/1/acknowledge", who="ben"), 409, "already_acknowledged")
    since = AlertGroup.objects.get().acknowledged_at
    assert since is not None
    assert said == f"Ana Ruiz acknowledged this already, at {since:%Y-%m-%d %H:%M} UTC."


def test_of_two_who_acknowledge_at_once_one_has_it_and_the_other_learns_so(call: Call, send: Send) -> None:
    """I8: whoever is first; never both, never neither."""
    send()
    for who in ("ana", "ben"):
        call("GET", "/me", who=who)  # makes their tokens before the race
    answers: dict[str, int] = {}
    start = threading.Barrier(2)

    def take(who: str) -> None:
        start.wait()
        answers[who] = call("POST", "/alerts/1/acknowledge", who=who).status_code
        connection.close()

    threads = [threading.Thread(target=take, args=(who,)) for who in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200, 409]
    [winner] = [who for who, status in answers.items() if status == 200]
    assert answer(call("GET", "/alerts/1"))["acknowledged_by"] == winner


def test_snoozing_acknowledges_until_then_and_pages_again(call: Call, send: Send, clock: Clock) -> None:
    """A snooze ends by the clock."""
    send()
    snoozed = answer(call("POST", "/alerts/1/snooze", {"for": "30m"}, who="ana"))
    assert (snoozed["state"], snoozed["acknowledged_by"]) == ("acknowledged", "ana")
    assert snoozed["snoozed_until"] is not None
    clock.advance(timedelta(minutes=31))
    assert wake_due_groups() == 1
    settle()
    assert answer(call("GET", "/alerts/1"))["state"] == "triggered"
    assert Page.objects.count() == 2
    assert Escalation.objects.get().epoch == 2


def test_giving_back_pages_from_the_first_step(call: Call, send: Send) -> None:
    """In a new epoch."""
    send()
    problem(call("POST", "/alerts/1/unacknowledge", who="ana"), 409, "not_acknowledged")
    answer(call("POST", "/alerts/1/acknowledge", who="ana"))
    back = answer(call("POST", "/alerts/1/unacknowledge", {"why": "on a plane"}, who="ana"))
    assert (back["state"], back["acknowledged_by"]) == ("triggered", None)
    settle()
    assert [page.epoch for page in Page.objects.order_by("id")] == [1, 2]


def test_escalating_pages_the_next_step_now(call: Call, send: Send) -> None:
    """And when nobody is being paged, the answer says so."""
    send()
    answer(call("POST", "/alerts/1/escalate", who="ana"))
    assert {page.step for page in Page.objects.all()} == {1, 2}
    answer(call("POST", "/alerts/1/acknowledge", who="ana"))
    problem(call("POST", "/alerts/1/escalate", who="ana"), 409, "nobody_is_being_paged")


def test_groups_take_the_same_words(call: Call, send: Send) -> None:
    """GRP-1."""
    send()
    assert answer(call("POST", "/groups/GRP-1/acknowledge", who="ana"))["state"] == "acknowledged"
    assert answer(call("POST", "/groups/1/unacknowledge", who="ana"))["state"] == "triggered"
    assert answer(call("POST", "/groups/1/snooze", {"for": "1h"}, who="ana"))["snoozed_until"]
    assert answer(call("POST", "/groups/1/resolve", who="ana"))["state"] == "resolved"
    assert answer(call("GET", "/alerts/1"))["state"] == "resolved"
    problem(call("POST", "/groups/1/escalate", who="ana"), 409, "nobody_is_being_paged")
    problem(call("POST", "/alerts/1/acknowledge", who="ana"), 409, "already_resolved")


def test_who_only_reads_changes_nothing(call: Call, send: Send) -> None:
    """A stakeholder and an auditor."""
    send()
    for who in ("sam", "ada"):
        for verb in ("acknowledge", "resolve", "unacknowledge", "escalate"):
            problem(call("POST", f"/alerts/1/{verb}", who=who), 403, "role")
        problem(call("POST", "/alerts/1/snooze", {"for": "1h"}, who=who), 403, "role")
        problem(
            call("POST", "/silences", {"matchers": ["a=b"], "for": "1h", "why": "x"}, who=who), 403, "role"
        )
    assert Alert.objects.get().state == "triggered"


def test_what_is_missing_and_what_is_somebody_elses_answer_the_same(
    call: Call, send: Send, database: Database
) -> None:
    """Also for every verb, and for ids that are none."""
    send()
    send("k2")
    hide(database, "detect_alert", 2)
    hide(database, "evaluate_alertgroup", 2)
    for path in ("/alerts/2", "/alerts/99", "/alerts/none", "/alerts/99999999999999999999"):
        problem(call("GET", path, who="ana"), 404, "alert_not_found")
        problem(call("GET", f"{path}/explain", who="ana"), 404, "alert_not_found")
        for verb in ("acknowledge", "resolve", "unacknowledge", "escalate"):
            problem(call("POST", f"{path}/{verb}", who="ana"), 404, "alert_not_found")
    assert [one["id"] for one in answer(call("GET", "/alerts", who="ana"))["items"]] == ["ALR-1"]
    for path in ("/groups/2", "/groups/99", "/groups/x"):
        problem(call("GET", path, who="ana"), 404, "group_not_found")
        problem(call("POST", f"{path}/acknowledge", who="ana"), 404, "group_not_found")


def hide(database: Database, table: str, row_id: int) -> None:
    """Give a row to an audience of which nobody here is part."""
    database.as_owner(
        "SET session_replication_role = replica; "
        "INSERT INTO access_audience (id, name) VALUES (77, 'others') ON CONFLICT DO NOTHING; "
        f"UPDATE {table} SET audience_id = 77 WHERE id = {row_id}"
    )


def test_why_it_pages_is_explained_from_start_to_end(call: Call, send: Send) -> None:
    """Steps, the ladder, who was paged, what comes next."""
    send()
    told = answer(call("GET", "/alerts/ALR-1/explain", who="sam"))
    assert (told["outcome"], told["summary"]) == ("page", "It pages people, urgently.")
    assert told["steps"][2]["sentence"] == "No silence matches it."
    assert told["escalation"]["state"] == "running"
    assert [page["person"] for page in told["pages"]] == [on_call()]
    following = told["plan"][0]
    assert (following["step"], following["targets"]) == (2, ["person:ben", "team:payments"])
    assert following["sentence"] == "pages Ben Okafor, Ana Ruiz"
    assert told["plan"][-1]["reason"] == "fallback"
    assert told["plan"][-1]["sentence"].startswith("nobody answered: the fallback is paged, Cleo Marsh")


def test_a_silence_holds_back_says_why_and_lets_go_when_it_is_ended(call: Call, send: Send) -> None:
    """Never silently: the explanation names the silence."""
    body = {"matchers": ['summary=~"Checkout.*"'], "for": "2h", "why": "we know"}
    silence = answer(call("POST", "/silences", body, who="ana"), 201)
    assert (silence["state"], silence["made_by"]) == ("active", "ana")
    send()
    one = answer(call("GET", "/alerts/1"))
    assert (one["suppressed_by"], one["group"]) == (f"silence:{silence['id']}", None)
    told = answer(call("GET", "/alerts/1/explain"))
    assert told["outcome"] == "hold"
    assert told["summary"] == f"Nobody is paged: it is held back (silence:{silence['id']})."
    assert told["steps"][2]["sentence"].startswith(f"Silence {silence['id']} holds it back until 2")
    problem(call("POST", "/alerts/1/escalate", who="ana"), 409, "alert_held_back")
    ended = answer(call("POST", f"/silences/{silence['id']}/end", who="ana"))
    assert ended["state"] == "over"
    settle()
    assert answer(call("GET", "/alerts/1"))["suppressed_by"] is None
    assert Page.objects.count() == 1


WRONG_SILENCES: list[tuple[dict[str, Any], str]] = [
    ({"matchers": [], "for": "1h", "why": "x"}, "silence_has_no_matcher"),
    ({"matchers": ['a=~".*"'], "for": "1h", "why": "x"}, "silence_matches_everything"),
    ({"matchers": ["a=b"], "for": "1h", "why": " "}, "silence_needs_a_reason"),
    ({"matchers": ["a=b"], "for": "500d", "why": "x"}, "silence_too_long"),
    ({"matchers": ["a=b"], "why": "x"}, "silence_needs_an_end"),
    ({"matchers": ["a=b"], "for": "soon", "why": "x"}, "silence_needs_an_end"),
    ({"matchers": ["a"], "for": "1h", "why": "x"}, "bad_matcher"),
    ({"matchers": ['a=~"["'], "for": "1h", "why": "x"}, "bad_matcher"),
    ({"matchers": ["a=b"], "ends_at": "2020-01-01T00:00:00Z", "why": "x"}, "silence_ends_before_it_starts"),
]


def test_a_silence_that_hides_too_much_or_says_too_little_is_refused(
    call: Call, subtests: pytest.Subtests
) -> None:
    """Each with a sentence that says what to change."""
    for body, reason in WRONG_SILENCES:
        with subtests.test(reason):
            problem(call("POST", "/silences", body, who="ana"), 422, reason)
    assert answer(call("GET", "/silences"))["items"] == []
    problem(call("POST", "/silences/7/end", who="ana"), 404, "silence_not_found")
