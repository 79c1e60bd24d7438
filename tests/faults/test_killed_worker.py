"""No page is lost, whatever is killed meanwhile: the worker, PostgreSQL, or `muster up` itself. I5, I15

Short by default; `make faults` (MUSTER_FAULTS=long) sends 300 pages for each kind of victim.
"""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.smtp import SmtpServer
from faults.crowd import House, in_background
from muster.mobilize.paging.due import SENDERS_PER_KIND
from processes.running import eventually

LONG = os.environ.get("MUSTER_FAULTS") == "long"
PAGES = 300 if LONG else 9
A_SECOND = 10
KILL_AFTER_S = 0.3
MOST_KILLS = 30
"""Of one victim: each start of `muster up` lets only a few pages through, and 300 would take ten minutes."""
LEASE_AND_MORE_S = 90
VICTIMS = ("muster worker", "postgres -D", "muster up")


@pytest.fixture(scope="module")
def house(scratch: Path) -> Iterator[House]:
    """A person for each page, so that no two mails are bundled."""
    with SmtpServer() as smtp:
        made = House(scratch / "killed", smtp, PAGES * len(VICTIMS))
        yield made
        made.up.stop()


def test_no_page_is_lost_whoever_is_killed(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Every page's mail arrives; what comes twice is the same mail, and no more than were being sent."""
    kills, began = {}, time.monotonic()
    for place, victim in enumerate(VICTIMS):
        kills[victim] = under_fire(house, range(place * PAGES, (place + 1) * PAGES), victim)
        if LONG:
            wait_for_all(house, (place + 1) * PAGES)
    wait_for_all(house, PAGES * len(VICTIMS))
    twice = house.sent_twice()
    told = ", ".join(f"{victim} {n} times" for victim, n in kills.items())
    with capsys.disabled():
        seconds = time.monotonic() - began
        print(
            f"\n{PAGES * len(VICTIMS)} pages, killed: {told}; 0 lost, {twice} sent twice, in {seconds:.0f} s"
        )
    assert all(kills.values()), kills
    assert twice <= sum(kills.values()) * SENDERS_PER_KIND
    assert house.api("GET", "/verify").json()["ok"]


def wait_for_all(house: House, people: int) -> None:
    """Everybody up to this one has a mail. What a dead worker held is taken again when its lease runs out."""
    wanted = {f"p{n}@example.com" for n in range(people)}
    eventually(lambda: wanted <= house.addressees(), LEASE_AND_MORE_S)
    assert wanted - house.addressees() == set(), "pages were lost"


def under_fire(house: House, people: range, victim: str) -> int:
    """Fire an alert for each of these people while the victim dies again and again; returns how often."""

    def fire() -> None:
        for person in people:
            house.send(person)
            time.sleep(1 / A_SECOND)

    firing, kills = in_background(fire), 0
    until = time.monotonic() + LEASE_AND_MORE_S

    def goes_on() -> bool:
        """Pages are fired, or those that were are still on their way and nobody was killed yet."""
        return firing.is_alive() or (not kills and time.monotonic() < until)

    while goes_on() and kills < MOST_KILLS:
        if something_is_sent(house, goes_on):
            time.sleep(random.uniform(0, KILL_AFTER_S))
            kills += kill(house, victim)
    firing.join()
    return kills


def something_is_sent(house: House, still: Callable[[], bool]) -> bool:
    """A mail has arrived from now on. A victim that is killed before it works would prove nothing."""
    before = len(house.smtp.mails)
    while still():
        if len(house.smtp.mails) > before:
            return True
        time.sleep(0.005)
    return False


def kill(house: House, victim: str) -> int:
    """Kill it with -9; `muster up` is started again, the others are by its supervisor."""
    if victim == "muster up":
        house.up.process.kill()
        house.up.process.wait()
        house.again()
        return 1
    pid = house.up.children().get(victim)
    if pid is None:
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return 1
    return 0
