"""A story of somebody who watches: what happens while they come in is seen once, and in order."""

import threading
import time

import httpx

from faults.cells.outcome import Outcome
from faults.rig.site import SECRET, Plan, Site
from faults.stories import Story
from muster.web.tickets import Seals, Ticket

VISITORS = 4
WATCHED_S = 4.0


def _watch(site: Site) -> list[Outcome]:
    """Visitors come in while alerts are opened one after the other; each hears of every event."""
    stop = threading.Event()

    def busy() -> None:
        n = 0
        while not stop.wait(0.05):
            site.client.trigger(site.keys["plain"], f"watched-{n}", at=n)
            n += 1

    firing = threading.Thread(target=busy)
    firing.start()
    time.sleep(0.5)
    visitors = [threading.Thread(target=_visit, args=(site, n, stop)) for n in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
        time.sleep(0.3)
    time.sleep(WATCHED_S)
    stop.set()
    for thread in (firing, *visitors):
        thread.join(30)
    site.settle(30)
    return [Outcome("live-stream")]


def _visit(site: Site, number: int, stop: threading.Event) -> None:
    """Watch everything; noted are the places of the stream, in the order in which they came."""
    [(person,)] = site.sql("SELECT id FROM access_person WHERE role = 'admin' ORDER BY id LIMIT 1")
    [(before,)] = site.sql("SELECT max(seq) FROM timeline_link")
    seals = Seals(SECRET)
    ticket = seals.ticket(Ticket(person, "all", before), now=time.time())
    url = site.addresses[site.webs[number % len(site.webs)].name]
    seen: list[str] = []
    with httpx.stream("GET", f"{url}/live", params={"ticket": ticket}, timeout=10) as stream:
        for line in stream.iter_lines():
            if line.startswith("id: "):
                seen.append(line.removeprefix("id: "))
            if stop.is_set() and seen:
                break
    places = [seals.read_cursor("all", one) for one in seen]
    site.history.write(op="stream", key=f"visitor-{number}", after=before, places=places)


WATCHED = Story(Plan(), _watch, "live stream")
