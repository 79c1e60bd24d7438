"""R43 as a story: a probe wakes Ana night after night, and a month later it does not."""

from datetime import timedelta

import pytest

from calling import Call, answer
from database import Clock
from engine import settle
from learning import publish_default
from muster.detect.commands import receive_signals
from muster.evaluate.due import decide_again
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.paging.models import Page
from noisy import HOUR, Blink, send_mail
from people import Cast
from senders import resolve, trigger

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def begun(cast: Cast) -> None:
    """Lanes stand at the head; the default Standard is in force."""
    prepare()
    publish_default(queries.now())


def test_a_probe_that_wakes_people_for_nothing_is_calmed_and_still_tells_of_what_is_real(
    call: Call, blink: Blink, key: str, clock: Clock
) -> None:
    # R43
    clock.set((clock.now() + DAY).replace(hour=2, minute=0))
    for _ in range(7):
        row = blink(after=DAY)
        answer(call("POST", f"/alerts/{row.public_id}/feedback", {"said": "noise"}, who="ana"))
    [line] = answer(call("GET", "/noise"))["items"]
    assert (line["interruptions"], line["persons"], line["nights"]) == (7, 1, 7)
    assert line["feedback"]["noise"] == 7
    assert {one["remedy"] for one in line["suggestions"]} >= {"pause", "calm", "drop"}

    path = f"/noise/{line['alert']}/pause"
    tried = answer(call("POST", f"{path}/try"))
    assert tried["trial"]["incidents"] == [], "nothing real would have been kept from people"
    made = answer(call("POST", path, {"mark": tried["suggestion"]["mark"]}), 201)
    for _ in range(9):
        blink(after=DAY)
    assert Page.objects.count() == 7, "Ana slept"
    [effect] = answer(call("GET", "/noise/effects"))["items"]
    assert (effect["rule"], effect["verdict"]) == (made["handle"], "fewer")
    assert (effect["before"]["counted"], effect["after"]["counted"]) == (7, 0)
    assert effect["after"]["fired"] == 9

    receive_signals([trigger(key, "probe", labels={"alertname": "ProbeFailed"})])
    settle()
    clock.advance(timedelta(minutes=4))
    decide_again()
    settle()
    send_mail()
    assert Page.objects.count() == 8, "what does not pass by itself still pages"

    receive_signals([resolve(key, "probe")])
    answer(call("POST", f"/rules/{made['handle']}/retire"))
    clock.advance(HOUR)
    blink("another")
    assert Page.objects.count() == 9, "taken back, it pages at once again"
