"""Schedules, policies and contact rules as plain data: what is written reads back, what is wrong is named."""

import json
from datetime import timedelta

import pytest

from muster.core.plain_form import FormFault, FormReason
from muster.core.policy import Target, TargetKind
from muster.core.policy_form import by_id, read_contact_rules, read_policy, write_contact_rules, write_policy
from muster.core.rotation import EVERY_DAY, Day, Window
from muster.core.schedule_form import read_schedule, write_schedule
from muster.core.urgency import Urgency

SCHEDULE = {
    "timezone": "Europe/Madrid",
    "layers": [
        {
            "every": "1 week",
            "start": "2026-01-05T09:00",
            "people": ["ana", "ben"],
            "only": [{"days": ["mon", "fri"], "from": "09:00", "to": "17:00"}],
        },
        {"every": "12 hours", "start": "2026-01-05T09:00:30+01:00", "people": ["cleo"], "only": []},
    ],
    "overrides": [{"from": "2026-02-01T09:00", "to": "2026-02-02T09:00", "person": "ben"}],
}
POLICY = {
    "steps": [
        {"after": "0s", "notify": ["schedule:payments-primary"]},
        {"after": "15m", "notify": ["person:ben", "team:payments", "manager:payments", "position:cfo"]},
    ],
    "repeat": 1,
    "then_after": "15m",
}
RULES = {
    "high": [{"after": "0s", "use": "webhook"}, {"after": "5m", "use": "email"}],
    "low": [{"after": "0s", "use": "email"}],
}


def changed(data, path: str, value):
    """A copy of the data with one place changed; `value` is DROP to leave it out."""
    copy = json.loads(json.dumps(data))
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = copy
    for part in parents:
        place = place[part]
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return copy


DROP = object()


def test_a_schedule_survives_the_round_trip_through_json():
    spec = read_schedule(json.loads(json.dumps(SCHEDULE)))
    assert write_schedule(spec) == SCHEDULE
    assert read_schedule(write_schedule(spec)) == spec


def test_hours_left_out_are_the_whole_day_of_every_day():
    spec = read_schedule(changed(SCHEDULE, "layers.0.only", [{}]))
    assert spec.layers[0].only == (Window(),)
    assert write_schedule(spec)["layers"][0]["only"] == [
        {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}
    ]
    assert frozenset(Day) == EVERY_DAY


def test_persons_may_be_translated_and_unknown_ones_are_named():
    spec = read_schedule(SCHEDULE, person={"ana": 1, "ben": 2, "cleo": 3}.__getitem__)
    assert spec.layers[0].people == (1, 2)
    assert spec.overrides[0].person == 2
    with pytest.raises(FormFault) as fault:
        read_schedule(SCHEDULE, person={"ana": 1}.__getitem__)
    assert (fault.value.path, fault.value.reason) == ("layers.0.people.1", FormReason.UNKNOWN_PERSON)


@pytest.mark.parametrize(
    ("path", "value", "where", "reason"),
    [
        ("timezone", "Europe/Nowhere", "timezone", FormReason.NOT_READABLE),
        ("timezone", DROP, "timezone", FormReason.MISSING),
        ("timezone", 7, "timezone", FormReason.NOT_READABLE),
        ("colour", "red", "colour", FormReason.UNKNOWN_KEY),
        ("layers", "all", "layers", FormReason.NOT_A_LIST),
        ("layers.0", "all", "layers.0", FormReason.NOT_AN_OBJECT),
        ("layers.0.evry", "1 week", "layers.0.evry", FormReason.UNKNOWN_KEY),
        ("layers.0.every", "weekly", "layers.0.every", FormReason.NOT_READABLE),
        ("layers.0.every", 7, "layers.0.every", FormReason.NOT_READABLE),
        ("layers.0.start", "2026-01-05", "layers.0.start", FormReason.NOT_READABLE),
        ("layers.0.start", DROP, "layers.0.start", FormReason.MISSING),
        ("layers.0.people", [], "layers.0.people", FormReason.EMPTY),
        ("layers.0.only.0.days.1", "freitag", "layers.0.only.0.days.1", FormReason.NOT_READABLE),
        ("layers.0.only.0.from", "9 am", "layers.0.only.0.from", FormReason.NOT_READABLE),
        ("overrides.0.to", "2026-02-01T09:00", "overrides.0.to", FormReason.ENDS_BEFORE_IT_STARTS),
        ("overrides.0.person", DROP, "overrides.0.person", FormReason.MISSING),
    ],
)
def test_what_is_wrong_in_a_schedule_is_named_with_its_place(path, value, where, reason):
    with pytest.raises(FormFault) as fault:
        read_schedule(changed(SCHEDULE, path, value))
    assert (fault.value.path, fault.value.reason) == (where, reason)


def test_a_policy_survives_the_round_trip():
    policy = read_policy(POLICY)
    assert write_policy(policy) == POLICY
    assert policy.steps[1].notify[2] == Target(TargetKind.MANAGER, "payments")


def test_a_policy_repeats_not_and_waits_fifteen_minutes_unless_it_says_so():
    policy = read_policy({"steps": POLICY["steps"]})
    assert (policy.repeat, policy.then_after) == (0, timedelta(minutes=15))


def test_a_snapshot_keeps_row_ids():
    ids = {"ben": 2, "payments": 5, "payments-primary": 9, "cfo": 1}
    snapshot = read_policy(POLICY, target=lambda target: Target(target.kind, ids[target.key]))
    stored = json.loads(json.dumps(write_policy(snapshot)))
    assert read_policy(stored, target=by_id) == snapshot


@pytest.mark.parametrize(
    ("path", "value", "where", "reason"),
    [
        ("steps.0.after", "soon", "steps.0.after", FormReason.NOT_READABLE),
        ("steps.0.notify", [], "steps.0.notify", FormReason.EMPTY),
        ("steps.1.notify.0", "chat:#ops", "steps.1.notify.0", FormReason.UNKNOWN_TARGET),
        ("repeat", -1, "repeat", FormReason.OUT_OF_RANGE),
        ("repeat", True, "repeat", FormReason.NOT_READABLE),
        ("repeat", "2", "repeat", FormReason.NOT_READABLE),
        ("loop", 1, "loop", FormReason.UNKNOWN_KEY),
    ],
)
def test_what_is_wrong_in_a_policy_is_named_with_its_place(path, value, where, reason):
    with pytest.raises(FormFault) as fault:
        read_policy(changed(POLICY, path, value))
    assert (fault.value.path, fault.value.reason) == (where, reason)


def test_a_target_that_does_not_exist_is_named():
    with pytest.raises(FormFault) as fault:
        read_policy(POLICY, target={}.__getitem__)
    assert (fault.value.path, fault.value.reason) == ("steps.0.notify.0", FormReason.UNKNOWN_TARGET)


def test_contact_rules_survive_the_round_trip():
    rules = read_contact_rules(RULES)
    assert write_contact_rules(rules) == RULES
    assert read_contact_rules({}) == {}
    assert set(read_contact_rules({"low": RULES["low"]})) == {Urgency.LOW}


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [("high.0.use", "", "high.0.use"), ("high.0.after", "-1m", "high.0.after"), ("medium", [], "medium")],
)
def test_what_is_wrong_in_contact_rules_is_named_with_its_place(path, value, where):
    with pytest.raises(FormFault) as fault:
        read_contact_rules(changed(RULES, path, value))
    assert fault.value.path == where
