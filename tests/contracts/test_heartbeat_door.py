"""The address of a job: what scripts written for healthchecks.io call, and what they expect to hear."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.adapters.sources.heartbeat.door import DOOR, read
from muster.core.heartbeats import PingKind
from muster.core.ports.ping_form import Pinged
from muster.core.ports.source_form import Reply

KEY = "aB3" * 10 + "xy"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("path", "kind", "exit_status"),
    [
        ("", PingKind.SUCCESS, None),
        ("/", PingKind.SUCCESS, None),
        ("/start", PingKind.START, None),
        ("/start/", PingKind.START, None),
        ("/fail", PingKind.FAIL, None),
        ("/log", PingKind.LOG, None),
        ("/0", PingKind.SUCCESS, 0),
        ("/1", PingKind.FAIL, 1),
        ("/255", PingKind.FAIL, 255),
    ],
)
def test_the_address_says_what_happened(
    method: str, path: str, kind: PingKind, exit_status: int | None
) -> None:
    assert read(method, f"/ping/{KEY}{path}".encode(), "") == Pinged(KEY, kind, exit_status)


def test_a_key_may_have_the_dashes_of_a_uuid() -> None:
    said = read("GET", b"/ping/11111111-2222-3333-4444-555555555555", "")
    assert said == Pinged("11111111222233334444555555555555")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/256", 400),
        ("GET", "/-1", 404),
        ("GET", "/begin", 404),
        ("GET", "/start/1", 404),
        ("GET", "/1e3", 404),
        ("PUT", "", 405),
        ("DELETE", "/fail", 405),
    ],
)
def test_what_makes_no_sense_is_answered_in_plain_text(method: str, path: str, status: int) -> None:
    reply = read(method, f"/ping/{KEY}{path}".encode(), "")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.content_type) == (status, "text/plain; charset=utf-8")


def test_scripts_hear_ok_and_may_try_again_when_nothing_was_stored() -> None:
    """curl's --retry comes back after 503, and never after 404."""
    assert (DOOR.heard(0.1).status, DOOR.heard(0.1).body) == (200, b"OK")
    assert DOOR.unknown_key(KEY).status == 404
    for reply in (DOOR.overloaded(), DOOR.unavailable()):
        assert (reply.status, dict(reply.headers)["retry-after"]) == (503, "1")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=80), st.sampled_from(["GET", "POST", "BREW", ""]))
def test_no_address_whatever_upsets_it(rest: bytes, method: str) -> None:
    said = read(method, b"/ping/" + rest, "")
    assert said is not None
    if isinstance(said, Reply):
        assert 400 <= said.status < 500
