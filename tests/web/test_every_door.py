"""What every door keeps on the wire, whoever sends: taken, refused and put off in its own words (wire 0)."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.alertmanager import door as alertmanager
from muster.config import wiring
from muster.core.ports.source_form import Door
from serving import Answer, Web
from standin.database import GENERIC, key_of

ADAPTERS = Path(alertmanager.__file__).parents[1]
DOORS = {door.name: door for source in wiring.SOURCES for door in source.doors if door.takes is None}
"""All but those that share their addresses with an API (`test_opsgenie_door.py`)."""
OPEN = [name for name, door in DOORS.items() if door.guard is None or door.guard({}) is None]
"""Those that ask for no more than the key."""
WAYS = [(name, path) for name, door in DOORS.items() for path in dict.fromkeys(p for _, p in door.paths)]


def sample_of(door: Door) -> Any:
    """The first sample beside the parser, without a key."""
    samples = sorted((ADAPTERS / door.kind / "samples").glob(f"{door.name}_*.json"))
    return json.loads(samples[0].read_text())


def post(web: Web, door: Door, template: str, key: str, end: str = "", **headers: str) -> Answer:
    """Post the door's sample to one of its paths with this key."""
    body = sample_of(door)
    if door.key_location.startswith("body:"):
        body[door.key_location.removeprefix("body:")] = key
    return web.post(template.replace("{key}", key).replace("{routing}", "any") + end, body, **headers)


@pytest.mark.parametrize(("name", "path"), [way for way in WAYS if way[0] in OPEN])
def test_a_sample_is_taken_at_every_path_with_any_content_type_and_a_slash_more(
    web: Web, name: str, path: str
) -> None:  # wire rules 1, 2, 3
    door = DOORS[name]
    wanted = door.accepted(["x"]).status
    for end in ("", "/"):
        for kind in ("application/json", "text/plain; charset=UTF-8", "application/x-www-form-urlencoded"):
            answer = post(web, door, path, key_of(door.kind), end, Content_Type=kind)
            assert answer.status == wanted, answer.body


@pytest.mark.parametrize(("name", "path"), WAYS)
def test_a_key_that_is_not_there_or_of_another_kind_is_refused_in_the_doors_words(
    web: Web, name: str, path: str
) -> None:
    door = DOORS[name]
    for key in ("Z" * 32, key_of("generic" if door.kind != "generic" else "sentry")):
        answer = post(web, door, path, key)
        refused = door.unknown_key(key)
        assert (answer.status, answer.body) == (refused.status, refused.body)


@pytest.mark.parametrize("name", DOORS)
def test_what_is_not_json_and_what_is_of_another_shape_are_told(web: Web, name: str) -> None:
    door = DOORS[name]
    path = door.paths[0][1].replace("{key}", key_of(door.kind)).replace("{routing}", "any")
    for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        answer = web.post(path, body)
        assert (answer.status, answer.body) == (door.not_json().status, door.not_json().body)
    for value in (None, 1, "text", [1], True):
        assert web.post(path, value).status == door.malformed(["x"]).status


@pytest.mark.parametrize("name", DOORS)
def test_a_wrong_method_is_told_which_are_right(web: Web, name: str) -> None:
    door = DOORS[name]
    path = door.paths[0][1].replace("{key}", key_of(door.kind)).replace("{routing}", "any")
    answer = web.request("DELETE", path)
    assert (answer.status, answer.body) == (405, door.wrong_method().body)
    assert set(answer.headers["allow"].split(", ")) == {method for method, _ in door.paths}


@pytest.mark.parametrize("name", OPEN)
def test_a_lost_database_is_a_503_and_the_next_one_is_taken(web: Web, name: str) -> None:
    door = DOORS[name]
    web.request("GET", "/control?mode=lost")
    assert post(web, door, door.paths[0][1], key_of(door.kind)).status == 503
    web.request("GET", "/control?mode=ok")
    assert post(web, door, door.paths[0][1], key_of(door.kind)).status == door.accepted(["x"]).status


@pytest.mark.parametrize("name", OPEN)
def test_a_full_queue_is_refused_so_that_the_sender_comes_back(web: Web, name: str) -> None:
    door = DOORS[name]
    web.request("GET", "/control?mode=hang")
    waiting = [
        threading.Thread(target=web.post, args=(f"/in/generic/{GENERIC}", {"summary": "w"})) for _ in range(8)
    ]
    for thread in waiting:
        thread.start()
    time.sleep(0.3)  # the stand-in lets eight signals wait
    answer = post(web, door, door.paths[0][1], key_of(door.kind))
    web.request("GET", "/control?mode=ok")
    for thread in waiting:
        thread.join()
    assert (answer.status, answer.body) == (door.overloaded().status, door.overloaded().body)
