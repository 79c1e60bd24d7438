"""R: two do something at once, and who is first is not left to luck: both orders of each race.

Whoever is to be second is held at a place in the code until the first has finished, or waits for it.
"""

import contextlib
import time
from collections.abc import Callable

from faults.cells.racing import BLOCKED_S, Races, beside


def claim_while_claimed(race: Races) -> None:
    """R1: a worker has locked the delivery, another looks for one."""
    with race.held("C2") as held:
        race.trigger()
        held.wait()
        time.sleep(1.0)  # the other worker looks four times
    assert race.told()


def claim_after_claimed(race: Races) -> None:
    """R1: a worker is about to look for the delivery that the other takes."""
    with race.held("C1") as held:
        race.trigger()
        held.wait()
        race.told(seconds=3)
    assert race.told()


def acknowledge_then_climb(race: Races) -> None:
    """R2: the acknowledgement is not committed yet when the next step is due."""
    race.trigger("race-ladder")
    race.told("dora")
    with race.held("A2", race.site.web_points) as held:
        thread = beside(race.acknowledge, 0)
        held.wait()
        time.sleep(2.5)  # the step is due meanwhile
    thread.join(30)
    time.sleep(1.0)
    race.site.client.expect(race.key, "dora")


def climb_then_acknowledge(race: Races) -> None:
    """R2: the next step is being taken when the acknowledgement comes."""
    race.trigger("race-ladder")
    race.told("dora")
    with race.held("E3") as held:
        held.wait()
        thread = beside(race.acknowledge, BLOCKED_S)
    thread.join(30)
    time.sleep(1.0)


def acknowledge_then_claim(race: Races) -> None:
    """R2: the acknowledgement has answered when a worker claims the message (M08).

    Nobody has reacted to it by then, so that nothing but the claim itself can keep the message back.
    """
    with contextlib.ExitStack() as reaction:
        with race.held("C1"), race.held("C1") as both:  # each of the two workers
            race.trigger()
            both.wait()
            reaction.enter_context(race.unsealed())
            began = time.time()
            race.acknowledge()
            race.site.history.fault("hold every claim", race.key, began)
        time.sleep(1.0)
    race.site.client.expect(race.key)


def claim_then_acknowledge(race: Races) -> None:
    """R2: the message is claimed and not sent yet when the acknowledgement comes."""
    with race.held("N1") as held:
        race.trigger()
        held.wait()
        race.acknowledge()
    assert race.told()


def fire_again_then_resolve(race: Races) -> None:
    """R3: it fires again, worse, and has read the open alert; meanwhile somebody resolves it."""
    client, key = race.site.client, race.site.keys["race"]
    client.insist(lambda turn: client.trigger(key, race.key, at=turn, severity="error"))
    race.told()
    alert = race.alert()
    with race.held("R3", race.site.web_points) as held:
        firing = beside(race.trigger, 0)
        held.wait()
        resolving = beside(lambda: race.site.client.by_hand("resolve", alert, race.key, at=1), BLOCKED_S)
    for thread in (firing, resolving):
        thread.join(30)


def resolve_then_fire_again(race: Races) -> None:
    """R3: its sender says it is over, which is not committed when it fires again as before."""
    race.trigger()
    race.told()
    with race.held("F2", race.site.web_points) as held:
        client, key = race.site.client, race.site.keys["race"]
        resolving = beside(lambda: client.resolve(key, race.key, at=0), 0)
        held.wait()
        firing = beside(lambda: client.insist(lambda turn: client.trigger(key, race.key, at=1)), BLOCKED_S)
    for thread in (resolving, firing):
        thread.join(30)


def merge_then_page(race: Races) -> None:
    """R4: an incident is merged while its people are about to be called."""
    _merge(race, "C1")


def page_then_merge(race: Races) -> None:
    """R4: an incident is merged while its people are being called."""
    _merge(race, "N2")


def _merge(race: Races, point: str) -> None:
    def declare(title: str) -> str:
        said = {"title": f"{race.key} {title}", "service": "race", "severity": "SEV2"}
        return str(race.site.client.api("POST", "/incidents", json=said).json()["id"])

    first = declare("early")
    time.sleep(1.0)
    with race.held(point) as held:
        second = declare("late")
        held.wait()
        said = {"into": first, "why": "the same"}
        merged = race.site.client.api("POST", f"/incidents/{second}/merge", json=said)
        assert merged.status_code == 200, merged.text


def override_then_step(race: Races) -> None:
    """R5: somebody else takes the shift when the step is due and not taken yet."""
    race.trigger("race-cover")
    race.told("dora")
    with race.frozen():
        time.sleep(2.0)
        _cover(race)
    race.told("ben")
    race.site.client.expect(race.key, "dora", "ben")


def step_then_override(race: Races) -> None:
    """R5: the step has found who is on call when somebody else takes the shift."""
    _uncover(race)
    race.trigger("race-cover")
    race.told("dora")
    with race.held("E2") as held:
        held.wait()
        _cover(race)
    race.told("ana")
    race.site.client.expect(race.key, "dora", "ana")
    _uncover(race)


def _cover(race: Races) -> None:
    interval = {"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z", "person": "ben"}
    made = race.site.client.api("POST", "/schedules/covered/overrides", json=interval)
    assert made.status_code == 201, made.text


def _uncover(race: Races) -> None:
    for override in race.site.client.api("GET", "/schedules/covered").json()["overrides"]:
        race.site.client.api("DELETE", f"/overrides/{override['id']}")


def leave_then_page(race: Races) -> None:
    """R6: somebody's access ends before their page begins."""
    with _ending_access(race, "gone1") as end_access, race.held("P1") as held:
        race.trigger("race-gone1")
        held.wait()
        end_access()
    race.told("cleo")
    race.site.client.expect(race.key, "cleo")


def page_then_leave(race: Races) -> None:
    """R6: somebody's access ends while their page waits to be claimed."""
    with _ending_access(race, "gone2") as end_access, race.held("C1"), race.held("C1") as both:
        race.trigger("race-gone2")
        both.wait()
        end_access()
    race.told()


def _ending_access(race: Races, handle: str) -> contextlib.AbstractContextManager[Callable[[], str]]:
    return race.site.prepared(
        "from muster.foundation.access import commands, queries\n"
        "from muster.core.permissions import system\n"
        f"person = queries.person_by_handle({handle!r})\n"
        "commands.end_access(person.pk, actor=system('tests'), at=queries.now())\n"
    )


def edit_then_step(race: Races) -> None:
    """R7: the policy is edited just before an escalation begins: the new one runs."""
    _edit(race, "ana")
    with race.held("G1") as held:
        race.trigger("race-edited")
        held.wait()
        _edit(race, "ben")
    race.told("ben")
    race.site.client.expect(race.key, "ben")


def step_then_edit(race: Races) -> None:
    """R7: the policy is edited while its escalation begins: what has begun runs to its end."""
    _edit(race, "ana")
    with race.held("E3") as held:
        race.trigger("race-edited")
        held.wait()
        _edit(race, "ben")
    race.told("ana")
    race.site.client.expect(race.key, "ana")


def _edit(race: Races, person: str) -> None:
    steps = [{"after": "0s", "notify": [f"person:{person}"]}]
    changed = race.site.client.api("PATCH", "/policies/edited", json={"steps": steps})
    assert changed.status_code == 200, changed.text


def publish_while_rendering(race: Races) -> None:
    """R8: a second post comes when the page is claimed and not rendered yet."""
    _publish_twice(race, "S1", "race-1")


def publish_while_writing(race: Races) -> None:
    """R8: a second post comes when half of a file is written."""
    _publish_twice(race, "S2", "race-2")


def _publish_twice(race: Races, point: str, page: str) -> None:
    def publish(text: str) -> None:
        race.site.published.add(text)
        post = {"text": f"[{text}]", "title": text}
        race.site.client.publish(page, text, post)

    with race.held(point) as held:
        publish(f"{race.key} first")
        held.wait()
        publish(f"{race.key} second")


def migrate_the_new(race: Races) -> None:
    """R9: two prepare one new database at once."""
    _migrate(race, "new")


def migrate_the_old(race: Races) -> None:
    """R9: two migrate one database at once that needs it no longer."""
    _migrate(race, "old")


def _migrate(race: Races, which: str) -> None:
    url = race.site.owner_url.replace("/muster?", f"/race_{which}?")
    if which == "old":
        race.site.muster("db", "prepare", "--embedded", MUSTER_DATABASE_URL=url)
    errors: list[str] = []

    def prepare() -> None:
        try:
            race.site.muster("db", "prepare", "--embedded", MUSTER_DATABASE_URL=url)
        except AssertionError as error:
            errors.append(str(error).strip().splitlines()[-1])

    threads = [beside(prepare, 0) for _ in range(2)]
    for thread in threads:
        thread.join(60)
    race.site.muster("db", "migrate", MUSTER_DATABASE_URL=url)
    race.outcomes[-1].violations += [f"I27: a migrator failed: {error}" for error in errors]


def lower_number_commits_later(race: Races) -> None:
    """R10: an event takes its number first and is committed after later ones have been sealed (M17)."""
    race.trigger()
    race.told()
    with race.held("A2", race.site.web_points) as held:
        thread = beside(race.acknowledge, 0)
        held.wait()
        for n in range(3):
            race.keys[f"{race.key} later {n}"] = "R10a"
            race.trigger("race", f"{race.key} later {n}")
        _wait_until_sealed(race)
    thread.join(30)


def lower_number_commits_in_the_batch(race: Races) -> None:
    """R10: the same, but nobody seals meanwhile: both orders end in one batch."""
    race.trigger()
    race.told()
    with race.frozen():
        with race.held("A2", race.site.web_points) as held:
            thread = beside(race.acknowledge, 0)
            held.wait()
            race.keys[f"{race.key} later"] = "R10b"
            race.trigger("race", f"{race.key} later")
        thread.join(30)


def _wait_until_sealed(race: Races) -> None:
    until = time.monotonic() + 10
    while race.site.sql("SELECT count(*) FROM timeline_outbox") != [(0,)] and time.monotonic() < until:
        time.sleep(0.02)


RACES: dict[str, Callable[[Races], None]] = {
    "R1a": claim_while_claimed,
    "R1b": claim_after_claimed,
    "R2a": acknowledge_then_climb,
    "R2b": climb_then_acknowledge,
    "R2c": acknowledge_then_claim,
    "R2d": claim_then_acknowledge,
    "R3a": fire_again_then_resolve,
    "R3b": resolve_then_fire_again,
    "R4a": merge_then_page,
    "R4b": page_then_merge,
    "R5a": override_then_step,
    "R5b": step_then_override,
    "R6a": leave_then_page,
    "R6b": page_then_leave,
    "R7a": edit_then_step,
    "R7b": step_then_edit,
    "R8a": publish_while_rendering,
    "R8b": publish_while_writing,
    "R9a": migrate_the_new,
    "R9b": migrate_the_old,
    "R10a": lower_number_commits_later,
    "R10b": lower_number_commits_in_the_batch,
}
"""Ten races in both orders, and the one of a claim and an acknowledgement besides."""
