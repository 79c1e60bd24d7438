"""What a provider can do to a page, for every channel, with real servers (reliability 6, row V; I5, I13).

Success only on a final positive answer; what may heal is tried again, at the provider's wish where it has
one; what will never heal fails at once, so that the person's next contact has its turn. The receipts of that
row (late, twice, out of order, forged, never) have no cell: none of these channels has receipts. SMTP has no
Retry-After, so there its wish is none. The long form (`make faults`) waits as long as production does.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from contracts.lines import LINES, SECONDS, Line
from muster.adapters.egress import Egress
from muster.core.ports.contact import SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message
from muster.core.retry import LONGEST_RETRY_AFTER

T, P, R = Failure.TEMPORARY, Failure.PERMANENT, FailureReason
LOST = {R.CONNECTION_LOST, R.SERVER_ERROR}
SLOW = {R.RATE_LIMITED, R.SERVER_ERROR}

BEHAVIOURS: dict[str, tuple[Failure, set[FailureReason]]] = {
    "hang": (T, {R.TIMED_OUT}),
    "hang in the middle": (T, {R.TIMED_OUT}),
    "trickle": (T, {R.TIMED_OUT}),
    "temporary": (T, {R.SERVER_ERROR}),
    "permanent": (P, {R.REFUSED}),
    "taken and then refused": (P, {R.REFUSED}),
    "reset": (T, LOST),
    "nonsense": (T, LOST),
    "slow down, seconds": (T, SLOW),
    "slow down, date": (T, SLOW),
    "slow down, for ever": (T, SLOW),
    "slow down, negative": (T, SLOW),
    "slow down": (T, SLOW),
}
WISHES = {
    "slow down, seconds": timedelta(seconds=7),
    "slow down, date": LONGEST_RETRY_AFTER,
    "slow down, for ever": LONGEST_RETRY_AFTER,
}


def failure(line: Line, message: Message) -> SendFailed:
    """How a send fails, in a bounded time."""
    started = time.monotonic()
    with pytest.raises(SendFailed) as caught:
        line.channel.send(line.contact, message)
    assert time.monotonic() - started < SECONDS + 3
    return caught.value


@pytest.fixture(params=list(LINES))
def line(request: pytest.FixtureRequest, egress: Egress) -> Iterator[Line]:
    with LINES[request.param](egress) as opened:
        yield opened


@pytest.mark.parametrize("mode", list(BEHAVIOURS))
def test_a_provider_that_does_not_take_the_page_has_not_taken_it(
    line: Line, message: Message, mode: str
) -> None:
    line.behave(mode)
    failed = failure(line, message)
    expected, reasons = BEHAVIOURS[mode]
    assert failed.failure is expected
    assert failed.reason in reasons
    speaks_http = line.contact.kind != "email"
    assert failed.retry_after == (WISHES.get(mode) if speaks_http else None)


@pytest.mark.parametrize("kind", list(LINES))
def test_nobody_listening_is_a_temporary_failure(kind: str, egress: Egress, message: Message) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with LINES[kind](egress, far=f"127.0.0.1:{port}") as line:
        failed = failure(line, message)
    assert (failed.failure, failed.reason) == (T, R.CANNOT_CONNECT)


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue is full: whoever connects waits."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        try:
            yield server.getsockname()[1]
        finally:
            for one in waiting:
                one.close()


@pytest.mark.parametrize("kind", list(LINES))
def test_a_connection_that_is_never_made_ends_in_time(kind: str, egress: Egress, message: Message) -> None:
    with deaf_port() as port, LINES[kind](egress, far=f"127.0.0.1:{port}") as line:
        failed = failure(line, message)
    assert (failed.failure, failed.reason) == (T, R.TIMED_OUT)


@pytest.mark.parametrize("kind", list(LINES))
def test_a_name_that_is_not_found_is_a_temporary_failure(kind: str, egress: Egress, message: Message) -> None:
    with LINES[kind](egress, far="nobody.invalid:8025") as line:
        failed = failure(line, message)
    assert (failed.failure, failed.reason) == (T, R.NAME_NOT_FOUND)


@pytest.mark.parametrize("kind", list(LINES))
def test_a_certificate_that_has_ended_is_refused(kind: str, egress: Egress, message: Message) -> None:
    with LINES[kind](egress, expired=True) as line:
        line.behave("good")
        failed = failure(line, message)
        assert (failed.failure, failed.reason) == (P, R.TLS_FAILED)
        assert line.keys() == []
