"""Bad input on every door of the product, on a real database: 0 5xx, 0 hangs, 0 partial writes (issue 4).

What cannot be read is kept and told once for each integration and hour; signals that are well pass beside it.
By default a few bad values in each member of one body of each door; MUSTER_FAULTS=long tries each in each,
and each document of the published suite at each door.
"""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contracts.bodies import DOORS, changed, known, paths
from contracts.corpora import BROKEN, TEXTS, VALUES
from contracts.published import json_suite, naughty_strings
from database import Database
from engine import settle
from faults.cells.outcome import LONG
from muster.core.permissions import system
from muster.core.ports.source_form import Door
from muster.detect import commands
from muster.detect.accounting import account
from muster.detect.models import Alert
from muster.foundation.access.queries import now
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from serving import Web, product

OWN = [*TEXTS.values(), *VALUES.values()]
EACH = len(OWN) if LONG else 1
PUBLISHED = 12
"""Documents of the published suite at each door, others at each: all of them in all."""
SENDERS, SLOW_S = 6, 10.0
PLACE = "muster-bad-value"
"""Stands in a body where a bad value is written in its place."""


@dataclass
class Post:
    """One request at a door."""

    door: Door
    what: str
    body: bytes


@dataclass
class Told:
    """What came of them."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    count: int = 0


def posts(keys: dict[str, str]) -> Iterator[Post]:
    """Every broken body, a body that is too large, and every body with bad values in it, door by door."""
    bodies = {one.door.name: one for one in reversed(known())}
    turn = itertools.cycle([*OWN, *map(json.dumps, naughty_strings())])
    suite = itertools.cycle(json_suite().items())
    for door in DOORS.values():
        value = keyed(door, bodies[door.name].value if door.name in bodies else {}, keys[door.kind])
        for name, broken in BROKEN.items():
            yield Post(door, name, broken)
        for name, document in itertools.islice(suite, len(json_suite()) if LONG else PUBLISHED):
            yield Post(door, name, document)
        yield Post(door, "too large", b'{"a": "' + b"x" * door.limit_bytes + b'"}')
        ways = [way for way in paths(value) if not is_key(door, way)]
        for way in ways or [("message",)]:
            for bad in itertools.islice(turn, EACH):
                text = json.dumps(changed(value, way, PLACE)).replace(f'"{PLACE}"', bad)
                yield Post(door, f"{way} = {bad[:40]}", text.encode("utf-8", "surrogatepass"))


def keyed(door: Door, value: Any, key: str) -> Any:
    """The body with the key of this house in it, where its door looks for it there.

    Of SNS with a certificate that is nobody's: the real one would be asked for outside.
    """
    place, _, name = door.key_location.partition(":")
    if door.kind == "sns":
        return {**value, "SigningCertURL": "https://127.0.0.1/x.pem"}
    return {**value, name: key} if place == "body" else value


def is_key(door: Door, way: tuple[Any, ...]) -> bool:
    return door.key_location == f"body:{way[0]}"


def send(web: Web, post: Post, key: str) -> int:
    """Post it as this door's senders do; the status."""
    path = post.door.paths[0][1].replace("{key}", key)
    path = path.replace("{routing}", "any").replace("{identifier}", "an-alias")
    query = "?identifierType=alias" if post.door.takes is not None else ""
    place, _, scheme = post.door.key_location.partition(":")
    headers = {"Authorization": f"{scheme} {key}"} if place == "authorization" else {}
    return web.post(path + query, post.body, **headers).status


@pytest.fixture
def keys(key: str) -> dict[str, str]:
    """The key of an integration of each kind, on one service."""
    prepare()
    service = Service.objects.get(handle="checkout")
    made = {"alertmanager": key}
    for kind in sorted({door.kind for door in DOORS.values()} - set(made)):
        _, made[kind] = commands.add_integration(
            actor=system("tests"), at=now(), handle=kind, kind=kind, service_id=service.pk
        )
    return made


def storm(web: Web, keys: dict[str, str]) -> Told:
    """Send everything, a few at a time, and something well in between."""
    told, lock = Told(), threading.Lock()
    work = posts(keys)

    def one() -> None:
        while True:
            with lock:
                post = next(work, None)
                told.count += post is not None
                number = told.count
            if post is None:
                return
            began = time.monotonic()
            try:
                status = send(web, post, keys[post.door.kind])
            except (OSError, ValueError) as why:
                status = 0
                told.broken.append(f"{post.door.name} {post.what}: {why!r}")
            took = time.monotonic() - began
            with lock:
                told.statuses.setdefault(post.door.name, Counter())[status] += 1
                told.slowest = max(told.slowest, (took, f"{post.door.name} {post.what}"))
            if status >= 500 or took > SLOW_S:
                told.broken.append(f"{post.door.name} {post.what}: {status} after {took:.1f} s")
            if number % 20 == 0:
                well = {"summary": f"well {number}", "dedup_key": f"well-{number}"}
                if web.post(f"/in/generic/{keys['generic']}", well).status != 202:
                    told.broken.append(f"what was well was refused: {well}")

    threads = [threading.Thread(target=one) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_each_published_document_and_text_is_tried_at_some_door() -> None:
    bodies = [post.body for post in posts(dict.fromkeys((door.kind for door in DOORS.values()), "key"))]
    assert set(json_suite().values()) <= set(bodies)
    everything = b"\n".join(bodies)
    assert [text for text in naughty_strings() if json.dumps(text).encode() not in everything] == []


def test_nothing_that_comes_fails_hangs_is_half_written_or_disappears(
    keys: dict[str, str], database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with product(tmp_path, database.url) as web:
        told = storm(web, keys)
        log = (tmp_path / "web.log").read_text()
    statuses: Counter[int] = sum(told.statuses.values(), Counter())
    with capsys.disabled():
        seconds, what = told.slowest
        print(f"\n{told.count} bad inputs at {len(DOORS)} doors: {dict(sorted(statuses.items()))};")
        print(f"slowest {seconds * 1000:.0f} ms ({what})")
    assert told.broken == []
    assert "Traceback" not in log
    assert_told_once_an_hour(told)
    settle()
    found = account()
    assert found.amiss == ()
    assert Alert.objects.filter(summary__startswith="well ").count() == told.count // 20


def test_each_naughty_text_comes_back_as_it_was_written(
    keys: dict[str, str], database: Database, tmp_path: Path
) -> None:
    """Where lines stay lines: by the door that it came by, and in what is stored."""
    sign = {"Authorization": f"GenieKey {keys['opsgenie']}"}
    with product(tmp_path, database.url) as web:
        for n, text in enumerate(naughty_strings()):
            said = {"message": f"{n} {text}", "alias": f"n-{n}", "description": text, "details": {"as": text}}
            assert web.post("/v2/alerts", said, **sign).status == 202, text
        settle()
        for n, text in enumerate(naughty_strings()):
            shown = web.request("GET", f"/v2/alerts/n-{n}?identifierType=alias", headers=sign).json["data"]
            assert shown["description"] == text
            assert shown["details"].get("as", "") == text or not text.isprintable()
            row = Alert.objects.get(dedup_key=f"n-{n}")
            assert row.description == text
            assert row.summary.isprintable()


def assert_told_once_an_hour(told: Told) -> None:
    """Each door that knows its key whatever the body told of all that it refused, in one alert an hour."""
    refused: Counter[str] = Counter()
    for name, counts in told.statuses.items():
        refused[DOORS[name].kind] += sum(n for status, n in counts.items() if status >= 400)
    alerts = Alert.objects.filter(dedup_scope="meta", labels__kind="unreadable_payload")
    about = [str(row.labels["about"]) for row in alerts]
    assert len(about) == len(set(about))
    kept: Counter[str] = Counter()
    for row in alerts:
        kept[str(row.labels["about"]).partition(":")[0]] += row.count
    kept["alertmanager"] = kept.pop("am")
    for kind in {door.kind for door in DOORS.values() if is_certain(door)}:
        assert kept[kind] == refused[kind], kind


def is_certain(door: Door) -> bool:
    """Whether its key stands beside the body, and no more is asked than that."""
    return not door.key_location.startswith("body:") and (door.guard is None or door.guard({}) is None)
