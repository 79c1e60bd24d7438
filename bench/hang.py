"""One provider hangs while people are paged by others: `make bench hang`.

Four alerts a second for 300 people who are reached by e-mail, two a second for people whose webhook is of a
sound provider, and two a second for people whose webhook takes the request and never answers. A minute with
all of them sound, then BENCH_SECONDS (600) of hanging. From the sender's 202 to the arrival. Target: the 99th
percentile of other channels, and of other people's webhooks, moves by less than 2 s.
"""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from arrivals import Arrivals, NotingReceiver, NotingSmtp, Paged, gathered, person
from rig import cluster_of, heading, percentile, told

from fakes.webhook import hang

SOUND_S = float(os.environ.get("BENCH_SOUND_SECONDS", "60"))
HANGS_S = float(os.environ.get("BENCH_SECONDS", "600"))
BY_MAIL, BY_HOOK = 300, 20
A_SECOND = {"mail": 4.0, "hook": 2.0, "hung": 2.0}
TARGET_MS = 2000.0
FALLBACK = "fallback"


def keep_firing(
    house: Paged, people: Sequence[str], a_second: float, until_s: float, into: list[int]
) -> None:
    """Alerts for these people in turn, so many a second, up to this time (monotonic)."""
    began, place = time.monotonic(), 0
    while time.monotonic() < until_s:
        into.append(house.fire(people[place % len(people)]))
        place += 1
        time.sleep(max(0.0, began + place / a_second - time.monotonic()))


def under_load(house: Paged, people: dict[str, list[str]], seconds: float) -> dict[str, list[int]]:
    """Everybody's alerts for so long; the numbers of the alerts by group of people."""
    end = time.monotonic() + seconds
    fired: dict[str, list[int]] = {name: [] for name in people}
    threads = [
        threading.Thread(target=keep_firing, args=(house, people[name], A_SECOND[name], end, fired[name]))
        for name in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return fired


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    by_mail, by_hook, by_hung = Arrivals(), Arrivals(), Arrivals()
    people = {
        "mail": [f"m{n}" for n in range(BY_MAIL)],
        "hook": [f"h{n}" for n in range(BY_HOOK)],
        "hung": [f"x{n}" for n in range(BY_HOOK)],
    }
    try:
        with NotingSmtp(by_mail) as smtp, NotingReceiver(by_hook) as hook, NotingReceiver(by_hung) as hung:
            # Who is paged for all that a hanging provider never took gets it in one letter a minute.
            lines = [person(FALLBACK, f"kind: email, address: {FALLBACK}@example.com")]
            lines += [person(one, f"kind: email, address: {one}@example.com") for one in people["mail"]]
            lines += [person(one, f'kind: webhook, url: "{hook.url}/{one}"') for one in people["hook"]]
            lines += [person(one, f'kind: webhook, url: "{hung.url}/{one}"') for one in people["hung"]]
            house = Paged(folder / "d", smtp, gathered(lines, FALLBACK))
            try:
                sound = under_load(house, people, SOUND_S)
                before = {
                    "mail": house.waits(sound["mail"], by_mail),
                    "hook": house.waits(sound["hook"], by_hook),
                }
                hung.answer = hang()
                hanging = under_load(house, people, HANGS_S)
                after = {
                    "mail": house.waits(hanging["mail"], by_mail, seconds=90),
                    "hook": house.waits(hanging["hook"], by_hook, seconds=90),
                }
                findings = _findings(house)
            finally:
                house.up.stop()
        print(
            f"{heading()}\none provider hangs for {HANGS_S:.0f} s, after {SOUND_S:.0f} s of all being sound"
        )
        for name, words in (("mail", "e-mail"), ("hook", "other webhooks")):
            moved = percentile(after[name], 0.99) - percentile(before[name], 0.99)
            print(f"{words:<15} before: {told(before[name])}\n{'':<15} beside: {told(after[name])}")
            print(f"{'':<15} p99 moved by {moved:+.0f} ms (target: less than {TARGET_MS:.0f})")
        print(f"what the auditor found: {findings}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _findings(house: Paged) -> list[tuple[str, int]]:
    with psycopg.connect(cluster_of(house.folder).dsn()) as connection:
        rows = connection.execute("SELECT check_name, count(*) FROM watch_finding GROUP BY 1").fetchall()
    return [(str(name), int(number)) for name, number in rows]


if __name__ == "__main__":
    main()
