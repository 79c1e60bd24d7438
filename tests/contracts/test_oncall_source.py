"""What posts to Grafana OnCall (wire facts 2.5)."""

from typing import Any

import pytest

from contracts.payloads import captured, payload
from muster.adapters.sources.alertmanager import door as alertmanager
from muster.adapters.sources.grafana import door as grafana
from muster.adapters.sources.oncall import door as oncall
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

WHOLE = {
    "alert_uid": "u-1",
    "title": "The whole system is down",
    "image_url": "https://monitor.example.com/chart.png",
    "state": "alerting",
    "link_to_upstream_details": "https://monitor.example.com/7",
    "message": "Something happened.\nSince noon.",
}


def read(**more: Any) -> Signal:
    (signal,) = oncall.DOOR.translate({}, WHOLE | more)
    return signal


def test_every_member_has_its_place() -> None:
    signal = read(team="shop", severity="warning")
    assert (signal.action, signal.dedup_key) == (Action.TRIGGER, "u-1")
    assert (signal.summary, signal.severity.value) == ("The whole system is down", "warning")
    assert [image.src for image in signal.images] == ["https://monitor.example.com/chart.png"]
    assert [link.href for link in signal.links] == ["https://monitor.example.com/7"]
    assert signal.details["message"] == "Something happened.\nSince noon."
    assert signal.labels == {"team": "shop", "severity": "warning"}


@pytest.mark.parametrize(
    ("state", "raw_state", "action"),
    [
        ("alerting", None, Action.TRIGGER),
        ("ok", None, Action.RESOLVE),
        ("OK", 0, Action.RESOLVE),
        ("ok", 2, Action.ACKNOWLEDGE),
        ("pending", None, Action.TRIGGER),
        (None, None, Action.TRIGGER),
    ],
)
def test_ok_ends_it_in_any_case(state: str | None, raw_state: int | None, action: Action) -> None:
    assert read(state=state, raw_state=raw_state).action is action


def test_no_member_is_needed_as_long_as_something_says_what_it_is() -> None:
    without = [read(alert_uid=None, state=state).dedup_key for state in ("alerting", "ok")]
    assert without[0] == without[1]
    assert read(title=None).summary == "Something happened."
    assert read(title=None, message=None).summary == "u-1"
    with pytest.raises(Malformed):
        oncall.DOOR.translate({}, {"state": "alerting"})


def test_groups_are_read_as_by_the_doors_of_their_own() -> None:
    assert oncall.GROUPS.translate({}, payload("grafana_firing")) == grafana.DOOR.translate(
        {}, payload("grafana_firing")
    )
    body = captured("am028_webhook_firing_partial_resolved")
    assert oncall.GROUPS.translate({}, body) == alertmanager.DOOR.translate({}, body)
