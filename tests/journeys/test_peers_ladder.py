"""What hurts the users of other tools about escalation, each as a story: rows 1 to 7 of peers.csv.

Real processes: a web process, a worker, PostgreSQL whose clock can be moved, phones of ours. With
the other tool's fault planted in a copy of the source, the same story has to fail.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from faults.cells.outcome import LONG
from faults.mutants.planting import Edit, planted
from faults.rig.site import SOURCE, Plan, Site
from processes.running import eventually

_COMPANY = """version: 1
people:
  - {{handle: mia, name: Mia, email: mia@example.com, role: responder, timezone: Europe/Madrid,
     contacts: [{{kind: webhook, url: "{url}"}}, {{kind: email, address: mia@example.com}}],
     rules: {{high: [{{after: 0s, use: webhook}}, {{after: 4s, use: email}}],
              low: [{{after: 0s, use: webhook}}]}}}}
schedules:
  - {{handle: nobody, team: payments, timezone: Europe/Madrid,
     layers: [{{every: 1 week, start: "2098-01-06T09:00", people: [mia]}}]}}
  - {{handle: day, team: payments, timezone: Europe/Madrid,
     layers: [{{every: 1 week, start: "2020-01-06T09:00", people: [mia],
               only: [{{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}}]}}]}}
policies:
  - {{handle: hours, team: payments, then_after: 4h, steps: [{{after: 0s, notify: [person:mia], in_hours: true}}]}}
  - {{handle: both, then_after: 4h, steps: [{{after: 0s, notify: [person:mia]}}, {{after: 2s, notify: [person:ben]}}]}}
  - {{handle: again, repeat: 2, then_after: 3s, steps: [{{after: 0s, notify: [person:ana]}}]}}
  - {{handle: empty, then_after: 4h, steps: [{{after: 0s, notify: [schedule:nobody]}}, {{after: 15m, notify: [person:ben]}}]}}
  - {{handle: covered, then_after: 4h,
     steps: [{{after: 0s, notify: [schedule:day], until_covered: true}}, {{after: 15m, notify: [person:ben]}}]}}
  - {{handle: forgotten, then_after: 4h, acknowledged_for: 1m, steps: [{{after: 0s, notify: [person:ana]}}]}}
  - {{handle: over, then_after: 4h, steps: [{{after: 0s, notify: [person:ana]}}, {{after: 5s, notify: [person:ben]}}]}}
  - {{handle: chain, then_after: 4h, steps: [{{after: 0s, notify: [person:ana]}}, {{after: 4h, notify: [person:ben]}}]}}
services:
{services}
integrations:
{integrations}
"""  # noqa: E501 - one policy a line
_POLICIES = ("hours", "both", "again", "empty", "covered", "forgotten", "over", "chain")
_SOON_S, _PAGED_S = 1.5, 5.0
"""So long nothing may come, where nothing has to; within so much a page has to (peers.csv says 5 s)."""


@dataclass
class Tale:
    """A site, and what is told of it from outside."""

    site: Site

    def cries(self, policy: str, name: str = "", severity: str = "critical") -> str:
        """An alert that goes up this policy; returns what it is called."""
        name = name or f"{policy}-{time.monotonic_ns()}"
        self.site.client.trigger(self.site.keys[policy], name, severity=severity)
        assert eventually(lambda: self.alert(name) is not None, 10)
        return name

    def alert(self, name: str) -> dict[str, Any] | None:
        """The newest alert of this name, as the API shows it."""
        rows = self.site.client.api("GET", "/alerts?limit=50").json()["items"]
        return next((one for one in rows if one["summary"] == name), None)

    def explained(self, name: str) -> dict[str, Any]:
        """Why it pages people, and what comes next."""
        found = self.alert(name)
        assert found is not None
        return self.site.client.api("GET", f"/alerts/{found['id']}/explain").json()  # type: ignore[no-any-return]

    def planned(self, name: str, person: str) -> datetime:
        """When this person alone is paged by its plan."""

        def steps() -> list[str]:
            plan = self.explained(name)["plan"]
            return [one["at"] for one in plan if one["people"] == [person]]

        assert eventually(lambda: bool(steps()), 5), self.explained(name)
        return datetime.fromisoformat(steps()[0])

    def acknowledges(self, name: str) -> None:
        """A person takes it."""
        found = self.alert(name)
        assert found is not None
        self.site.client.acknowledge(found["id"], name)

    def heard(self, name: str, person: str = "") -> list[tuple[str, str]]:
        """Who received something about it, and by what."""
        lines = [one for one in self.site.receipts.lines if one["summary"].endswith(name)]
        return [(one["person"], one["kind"]) for one in lines if person in ("", one["person"])]

    def hears(self, name: str, person: str, kind: str = "webhook", *, seconds: float = _PAGED_S) -> None:
        """This person receives it within so much."""
        wanted = (person, kind)
        assert eventually(lambda: wanted in self.heard(name), seconds), (wanted, self.heard(name))

    def now(self) -> datetime:
        """The product's time."""
        [(at,)] = self.site.sql("SELECT pg_catalog.now() + by FROM muster_clock.shift")
        return at  # type: ignore[no-any-return]

    def becomes(self, at: datetime) -> None:
        """It is that time, for PostgreSQL and everybody who asks it."""
        self.site.sql("UPDATE muster_clock.shift SET by = %s - pg_catalog.now()", at)

    def tuesday(self) -> datetime:
        """Midnight of the next Tuesday that has not begun (UTC)."""
        today = self.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return today + timedelta(days=(1 - today.weekday()) % 7 or 7)


@contextmanager
def house(folder: Path, source: Path = SOURCE) -> Iterator[Tale]:
    """One web process and one worker of this source, and the policies of these stories."""
    with Site(folder, Plan(source=source, webs=1, workers=1, clock=True)) as site:
        line = "  - {{handle: {0}, name: {0}, team: payments, policy: {0}}}"
        door = "  - {{handle: {0}, service: {0}, kind: {1}}}"
        kinds = {"over": "alertmanager"}
        site.apply(
            _COMPANY.format(
                url=site.phones.url_of("mia"),
                services="\n".join(line.format(one) for one in _POLICIES),
                integrations="\n".join(door.format(one, kinds.get(one, "pagerduty")) for one in _POLICIES),
            )
        )
        yield Tale(site)


# The stories


def hours_open_after_a_crash(tale: Tale) -> None:
    """1, grafana/oncall#1206: paged at 09:00, though workers were killed at 07:00 and started at 08:00."""
    day = tale.tuesday()
    tale.becomes(day.replace(hour=4))  # 05:00 or 06:00 in Madrid
    name = tale.cries("hours")
    opens = tale.planned(name, "mia")
    assert opens.astimezone(UTC).hour in (7, 8)
    tale.becomes(opens - timedelta(hours=2))
    for worker in tale.site.workers:
        worker.kill()
    tale.site.workers.clear()
    tale.becomes(opens - timedelta(hours=1))
    tale.site.add_worker().wait_ready()
    time.sleep(_SOON_S)
    assert tale.heard(name) == []
    tale.becomes(opens - timedelta(seconds=2))
    tale.hears(name, "mia", seconds=2 + _PAGED_S)


def held_until_covered(tale: Tale) -> None:
    """5b, grafana/oncall#4846: nobody at 22:00, one at 09:00, as planned; what is urgent does not wait."""
    tale.becomes(tale.tuesday().replace(hour=21))
    name = tale.cries("covered", severity="warning")
    opens = tale.planned(name, "mia")
    assert opens.astimezone(UTC).hour in (7, 8)
    urgent = tale.cries("covered")
    tale.hears(urgent, "ben")
    assert tale.heard(name) == []
    tale.becomes(opens - timedelta(seconds=2))
    tale.hears(name, "mia", seconds=2 + _PAGED_S)


def rules_go_on_beside_the_next_step(tale: Tale) -> None:
    """4a, grafana/oncall#934: Mia's second contact has its turn although Ben was paged meanwhile."""
    name = tale.cries("both")
    tale.hears(name, "mia")
    tale.hears(name, "ben")
    tale.hears(name, "mia", "email", seconds=4 + _PAGED_S)
    assert tale.heard(name).index(("ben", "webhook")) < tale.heard(name).index(("mia", "email"))


def a_page_by_hand_ends_with_its_answer(tale: Tale) -> None:
    """4b, grafana/oncall#4760: she acknowledges, and nothing further is sent to her."""
    name = f"by hand {time.monotonic_ns()}"
    api = tale.site.client.api
    api("POST", "/pages", json={"target": "person:mia", "summary": f"Asked: {name}"}).raise_for_status()
    tale.hears(name, "mia")
    [page] = [one for one in api("GET", "/pages").json()["items"] if one["person"] == "mia"][:1]
    api("POST", f"/pages/{page['id']}/acknowledge").raise_for_status()
    time.sleep(4 + _SOON_S)
    assert tale.heard(name) == [("mia", "webhook")]


def called_until_the_declared_end(tale: Tale) -> None:
    """4c, grafana/oncall#2622: asked again and again; then no more, and that is told."""
    name = tale.cries("again")
    for times in (1, 2, 3):
        assert eventually(lambda n=times: len(tale.heard(name, "ana")) >= n, 3 + _PAGED_S), tale.heard(name)  # type: ignore[misc]
    tale.hears(name, "cleo", seconds=3 + _PAGED_S)
    found = tale.alert(name)
    assert found is not None
    assert eventually(lambda: "end of the ladder" in str(_own(tale)), 10)
    answered = tale.cries("again")
    tale.hears(answered, "ana")
    tale.acknowledges(answered)
    count = len(tale.heard(answered))
    time.sleep(3 + _SOON_S)
    assert len(tale.heard(answered)) == count


def nobody_takes_no_time(tale: Tale) -> None:
    """5a, target/goalert#4548: an empty first step costs nothing, is recorded, and is told."""
    name = tale.cries("empty")
    tale.hears(name, "ben")
    [skipped] = [
        skip
        for event in _events(tale, "escalation.step_started")
        for skip in event["payload"]["skipped"]
        if event["payload"]["step"] == 2
    ][-1:]
    assert skipped["reason"] == "nobody_on_call"
    assert eventually(lambda: "found nobody to page: schedule:nobody" in str(_own(tale)), 10)


def acknowledged_and_forgotten(tale: Tale) -> None:
    """6a, target/goalert#3378: whoever took it is asked again, and it climbs from the first step."""
    name = tale.cries("forgotten")
    tale.hears(name, "ana")
    tale.acknowledges(name)
    time.sleep(_SOON_S)
    assert len(tale.heard(name)) == 1
    tale.becomes(tale.now() + timedelta(seconds=61))
    assert eventually(lambda: len(tale.heard(name, "ana")) == 2, 5 + _PAGED_S), tale.heard(name)
    found = tale.alert(name)
    assert found is not None
    assert found["state"] == "triggered"
    assert tale.explained(name)["escalation"]["epoch"] == 2


def _alertmanager(tale: Tale, name: str, state: str, labels: dict[str, str], group: str) -> None:
    [url] = tale.site.addresses.values()
    alert = {"status": state, "labels": labels, "annotations": {"summary": name}}
    body = {"version": "4", "groupKey": group, "status": state, "alerts": [alert]}
    answered = httpx.post(f"{url}/in/alertmanager/{tale.site.keys['over']}", json=body, timeout=10)
    assert answered.is_success, answered.text


def the_senders_word_ends_it(tale: Tale) -> None:
    """6b, grafana/oncall#5359 and 7c, OneUptime#1690: the same alert, told otherwise, is over at once."""
    name = f"over-{time.monotonic_ns()}"
    labels = {"alertname": name, "severity": "critical", "instance": "checkout-1"}
    _alertmanager(tale, name, "firing", labels, "{}:{a}")
    tale.hears(name, "ana")
    _alertmanager(tale, name, "resolved", dict(reversed(labels.items())), "{}:{b}")
    assert eventually(lambda: (tale.alert(name) or {}).get("state") == "resolved", 4), tale.alert(name)
    assert eventually(lambda: tale.explained(name)["escalation"]["state"] == "stopped", 4)
    assert tale.explained(name)["plan"] == []
    time.sleep(5 + _SOON_S)
    assert [page["person"] for page in tale.explained(name)["pages"]] == ["ana"]


def a_chain_that_broke_is_mended(tale: Tale) -> None:
    """2b, grafana/oncall#724: the auditor sees from what is stored whom nobody paged, pages, and tells."""
    name = tale.cries("chain")
    tale.hears(name, "ana")
    tale.site.sql(
        "SET session_replication_role = replica; UPDATE escalation_escalation SET due_at = NULL WHERE id ="
        " (SELECT max(id) FROM escalation_escalation WHERE state = 'running'"
        " AND due_at > muster_clock.now() + interval '1 hour')"
    )
    tale.hears(name, "ben", seconds=60)
    assert eventually(lambda: bool(_events(tale, "escalation.resumed")), 5)
    assert eventually(lambda: bool(_own(tale)), 20)


def _own(tale: Tale) -> list[dict[str, Any]]:
    """Our own alerts."""
    return tale.site.client.api("GET", "/alerts?service=muster").json()["items"]  # type: ignore[no-any-return]


def _events(tale: Tale, kind: str) -> list[dict[str, Any]]:
    return tale.site.client.api("GET", f"/timeline?kind={kind}").json()["items"]  # type: ignore[no-any-return]


STORIES: tuple[Callable[[Tale], None], ...] = (
    rules_go_on_beside_the_next_step,
    a_page_by_hand_ends_with_its_answer,
    called_until_the_declared_end,
    nobody_takes_no_time,
    the_senders_word_ends_it,
    a_chain_that_broke_is_mended,
    acknowledged_and_forgotten,
    hours_open_after_a_crash,
    held_until_covered,
)


@pytest.fixture(scope="module")
def tale(scratch: Path) -> Iterator[Tale]:
    """One house for all that goes well; the clock moves on from story to story."""
    with house(scratch / "ladder") as opened:
        yield opened


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_story(tale: Tale, story: Callable[[Tale], None]) -> None:
    story(tale)


# The other tools' faults, planted


FAULTS: dict[str, tuple[Callable[[Tale], None], tuple[Edit, ...]]] = {
    "01: what waits for hours keeps no time of its own": (
        hours_open_after_a_crash,
        (
            Edit(
                "core/escalation_life.py",
                '"step": first.step, "due_at": first.due_at, "epoch": epoch}',
                '"step": first.step, "due_at": first.due_at if first.due_at <= at else None, "epoch": epoch}',
            ),
        ),
    ),
    "04a: the next step cuts the one before short": (
        rules_go_on_beside_the_next_step,
        (
            Edit(
                "mobilize/escalation/commands/climbing.py",
                "    errands = [\n",
                "    from muster.mobilize.paging.commands import DeliveryStopped, cancel_waiting\n"
                "    abouts = [row.about for row in due]\n"
                "    cancel_waiting(abouts, actor=actor, at=at, why=DeliveryStopped.ENDED)\n"
                "    errands = [\n",
            ),
        ),
    ),
    "04b: a page by hand is not tied to its answer": (
        a_page_by_hand_ends_with_its_answer,
        (
            Edit(
                "mobilize/escalation/commands/answers.py",
                '    if call.state == "triggered" and not _others_missing(about, actor, at):\n',
                "    if call.incident_id is not None and not _others_missing(about, actor, at):\n",
            ),
            Edit(
                "mobilize/escalation/commands/answers.py",
                "    if actor.id is not None:\n        answer_pages(about",
                "    if actor.id is not None and call.incident_id is not None:\n        answer_pages(about",
            ),
        ),
    ),
    "05a: a step with nobody waits its whole delay": (
        nobody_takes_no_time,
        (
            Edit(
                "core/escalation.py",
                "        if found.reason not in FELL_THROUGH:\n            following",
                "        if found.reason not in FELL_THROUGH or step == 1:\n            following",
            ),
        ),
    ),
    "06b: labels in another order are another alert": (
        the_senders_word_ends_it,
        (Edit("core/labelled.py", "for name in sorted(labels):", "for name in labels:"),),
    ),
    "07c: a resolve does not end the ladder": (
        the_senders_word_ends_it,
        (Edit("mobilize/escalation/reactions.py", '    "group.resolved": on_groups_resolved,\n', ""),),
    ),
    "02b: the auditor does not look for steps without a time": (
        a_chain_that_broke_is_mended,
        (Edit("mobilize/watch/looks.sql", "state = 'running' AND due_at IS NULL", "false"),),
    ),
}


QUICK = tuple(name for name in FAULTS if name.startswith(("04a", "07c")))


@pytest.mark.parametrize("name", FAULTS)
def test_its_edits_fit_the_source(tmp_path: Path, name: str) -> None:
    planted(tmp_path, FAULTS[name][1])


@pytest.mark.parametrize("name", FAULTS if LONG else QUICK)
def test_the_story_fails_with_the_fault_of_the_other_tool(tmp_path: Path, scratch: Path, name: str) -> None:
    """Two of them by default; `make faults` plants all."""
    story, edits = FAULTS[name]
    source = planted(tmp_path, edits)
    with (
        house(scratch / f"planted-{list(FAULTS).index(name)}", source) as faulty,
        pytest.raises(AssertionError),
    ):
        story(faulty)
