"""Whatever was decided, `muster explain` says it in plain words, and says what is stored (issue 4, proof 6).

One night with an alert for every reason there is; each is asked about while its reason holds.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from calling import Call, answer
from database import Clock
from engine import settle
from muster.core.bundle import BundleReason
from muster.core.decision import StepReason
from muster.core.delivery import Accepted
from muster.core.escalation import EscalationState
from muster.core.escalation_life import StopReason
from muster.core.grouping import JoinReason
from muster.core.hold import HoldReason
from muster.core.paging import PlanReason
from muster.core.permissions import system
from muster.core.routing import RouteReason, RouteUrgencyReason
from muster.core.signals import Action, SignalSeverity, make_signal
from muster.core.urgency import UrgencyReason
from muster.detect.commands import Received, key_hash, receive_signals
from muster.detect.models import Alert
from muster.evaluate.due import decide_again, decide_counted
from muster.evaluate.models import Decision
from muster.foundation.access import queries
from muster.foundation.access.commands import change_person
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from muster.mobilize.paging.models import Delivery, Page
from muster.processes.main import command_line
from people import Cast
from served import served

TESTS = system("tests")
NOON = datetime(2027, 1, 4, 11, tzinfo=UTC)
CRITICAL, WARNING = SignalSeverity.CRITICAL, SignalSeverity.WARNING
NEVER = {
    UrgencyReason.SEVERITY_UNKNOWN: "every door gives each alert one of four severities",
    JoinReason.GROUP_RESOLVED: "a group that is over is not looked at when an alert looks for its own",
}
"""Reasons that only a fault of ours could bring about."""
ALSO: frozenset[StrEnum] = frozenset(
    {
        *(StopReason.ACKNOWLEDGED, StopReason.SNOOZED, StopReason.RESOLVED, StopReason.SUPPRESSED),
        *(HoldReason.QUIET_HOURS, HoldReason.OUTSIDE_WORKING_HOURS),
        *(BundleReason.WAITS, BundleReason.DIGEST, BundleReason.THROTTLED),
        *(PlanReason.NO_RULES, PlanReason.CONTACT_RULES),
    }
)
CONFIGURATION = """
version: 1
organisation:
  {name: Acme, timezone: Europe/Madrid, fallback: [person:cleo],
   hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}}
people:
  - {handle: ana, name: Ana, email: ana@example.com, role: responder,
     contacts: [{kind: email, address: ana@example.com}],
     rules: {high: [{after: 0s, use: email}], low: [{after: 0s, use: email}]}}
  - {handle: ben, name: Ben, email: ben@example.com, role: responder,
     contacts: [{kind: email, address: ben@example.com}]}
  - {handle: cy, name: Cy, email: cy@example.com, role: responder,
     contacts: [{kind: email, address: cy@example.com}]}
teams: [{handle: pay, name: Pay, members: [ana, ben], manager: cleo}]
policies:
  - {handle: pay, team: pay, steps: [{after: 0s, notify: [person:ana]}, {after: 15m, notify: [person:ben]}]}
  - {handle: calm, team: pay, steps: [{after: 0s, notify: [person:cy]}]}
services:
  - {handle: checkout, name: Checkout, team: pay, policy: pay}
  - {handle: calm, name: Calm, team: pay, policy: calm}
  - {handle: db, name: Database}
  - {handle: shop, name: Shop, policy: pay, depends_on: [db], hold_when_dependency_down: true}
  - {handle: cart, name: Cart, policy: pay, depends_on: [db]}
  - {handle: loud, name: Loud, policy: pay, urgency: high}
  - {handle: mild, name: Mild, policy: pay, urgency: low}
  - {handle: day, name: Day, policy: pay, urgency: by_hours}
  - {handle: gone, name: Gone}
integrations:
  - {handle: checkout, service: checkout, kind: alertmanager}
  - {handle: calm, service: calm, kind: alertmanager}
  - {handle: db, service: db, kind: alertmanager}
  - {handle: shop, service: shop, kind: alertmanager}
  - {handle: cart, service: cart, kind: alertmanager}
  - {handle: loud, service: loud, kind: alertmanager}
  - {handle: mild, service: mild, kind: alertmanager}
  - {handle: day, service: day, kind: alertmanager}
rules:
  - {handle: changes, kind: event, why: w, matchers: ['story="changed"'], severity: warning}
  - {handle: sends-on, kind: event, why: w, matchers: ['story="sent on"'], service: loud}
  - {handle: sends-away, kind: event, why: w, matchers: ['story="sent away"'], service: gone}
  - {handle: calms, kind: event, why: w, matchers: ['story="calmed"'], urgency: low}
  - {handle: drops, kind: event, why: w, matchers: ['story="dropped"'], drop: true}
  - {handle: work, kind: maintenance, why: w, matchers: ['story="worked on"'],
     starts: "2027-01-04T10:00", lasts: 8h, timezone: Etc/UTC}
  - {handle: explains, kind: inhibition, why: w, matchers: ['story="explained"'], source: ['story="cause"']}
  - {handle: waits, kind: wait, why: w, matchers: ['story=~"waits|waited"'], lasts: 5m}
  - {handle: counts, kind: count, why: w, matchers: ['story=~"rare|often"'], times: 3, within: 10m}
  - {handle: flaps, kind: flapping, why: w, matchers: ['story="flaps"'], changes: 3, within: 30m}
  - {handle: clusters, kind: grouping, why: w, matchers: ['story="clustered"'], by: [cluster]}
"""


class Night:
    """A house in which alerts come (`says`), time passes (`passes`), and people act."""

    def __init__(self, call: Call, clock: Clock, cast: Cast) -> None:
        self.call, self.clock, self.cast = call, clock, cast
        self.reached: set[str] = set()
        self._last = 0
        clock.set(NOON)
        prepare()
        shown = answer(call("POST", "/configuration/apply", CONFIGURATION))["integrations"]
        self._keys = {one["handle"]: key_hash(one["key"]) for one in shown}
        answer(call("POST", "/services/gone/retire"), 204)
        settle()

    def says(
        self,
        story: str,
        service: str = "checkout",
        severity: SignalSeverity = CRITICAL,
        action: Action = Action.TRIGGER,
        **more: Any,
    ) -> str:
        """An alert of this story; returns its number as people write it."""
        signal = make_signal(
            *(action, story), summary=story, severity=severity, labels={"story": story}, raw={}, **more
        )
        receive_signals([Received(self._keys[service], "alertmanager", (signal,))])
        settle()
        if decide_counted():
            settle()
        return str(Alert.objects.filter(dedup_key=story).latest("id").public_id)

    def passes(self, **by: int) -> None:
        """Time passes, and what is due is done."""
        self.clock.advance(timedelta(**by))
        for _ in range(3):
            climb_due_escalations()
            decide_again()
            decide_counted()
            settle()

    def sends(self) -> None:
        """What is due leaves, and is taken."""
        for one in claim_deliveries("email", 50, True, actor=TESTS, at=queries.now()):
            done = SendResult(one.delivery.pk, one.fence, Accepted())
            record_deliveries([done], actor=TESTS, at=queries.now())
        settle()

    def acts(self, alert: str, verb: str, **said: str) -> None:
        """Ana does something to an alert."""
        answer(self.call("POST", f"/alerts/{alert}/{verb}", said or None, who="ana"))
        settle()

    def silences(self, story: str) -> None:
        """Ana holds a story back."""
        body = {"matchers": [f'story="{story}"'], "for": "2h", "why": "we know"}
        answer(self.call("POST", "/silences", body, who="ana"), 201)
        settle()

    def compares(self, *, again: int = 0) -> None:
        """What is said of the alerts that came since, or of the first ones again, is what is stored."""
        rows = Alert.objects.order_by("id")
        for alert in rows[:again] if again else rows.filter(id__gt=self._last):
            told = answer(self.call("GET", f"/alerts/{alert.public_id}/explain"))
            self.reached |= compared(alert, told)
            self._last = alert.pk


def compared(alert: Alert, told: dict[str, Any]) -> set[str]:
    """The reasons of which it is told, each of them stored so, and in words."""
    decision = Decision.objects.get(alert=alert)
    assert (told["outcome"], told["group"]) == (decision.outcome, named(decision))
    steps = [{name: step[name] for name in step if name != "sentence"} for step in told["steps"]]
    assert [step | {"until": spelled(step["until"])} for step in steps] == decision.steps
    holding = next((step["by"] for step in decision.steps if step["holds"]), None)
    assert alert.suppressed_by == (holding if alert.state != "resolved" else alert.suppressed_by)
    assert ("Nobody is paged" in told["summary"]) == (decision.outcome != "page")
    assert holding is None or holding in told["summary"]
    reached = {*(f"StepReason {step['reason']}" for step in told["steps"])}
    sentences = [step["sentence"] for step in told["steps"]]
    if told["joined"] is not None:
        reached.add(f"JoinReason {told['joined']['reason']}")
        sentences.append(told["joined"]["sentence"])
        assert told["joined"]["reason"] == joining(alert, decision)
    if decision.group is not None:
        reached |= ladder(decision.group.subject, told, sentences)
    assert all(sentence and "?" not in sentence and "%" not in sentence for sentence in sentences), sentences
    return reached


def joining(alert: Alert, decision: Decision) -> str:
    """What was written down when the alert came into its group."""
    assert decision.group is not None
    kinds = ("group.opened", "group.member_joined")
    events = Event.objects.filter(subject=decision.group.subject, kind__in=kinds).order_by("-id")
    mine = (one for one in events if alert.pk in (one.payload.get("alert"), *one.payload.get("alerts", ())))
    return str(next(mine).payload["reason"])


def ladder(about: str, told: dict[str, Any], sentences: list[str]) -> set[str]:
    """The same of the ladder that is climbed for it, of the pages and of the messages."""
    row = Escalation.objects.filter(about=about).order_by("-id").first()
    reached: set[str] = set()
    if row is not None:
        assert told["escalation"]["state"] == row.state
        stops = Event.objects.filter(subject=row.subject, kind="escalation.stopped").order_by("-id")
        why = stops[0].payload["reason"] if row.state == EscalationState.STOPPED else ""
        assert told["escalation"]["reason"] == why
        reached |= {f"EscalationState {row.state}", f"StopReason {why}"}
        sentences.append(told["escalation"]["sentence"])
    pages = Page.objects.filter(about=about)
    stored = {(page.public_id, page.person.handle, page.reason, page.held) for page in pages}
    assert {(one["id"], one["person"], one["reason"], one["held"]) for one in told["pages"]} == stored
    messages = Delivery.objects.filter(page__about=about)
    kept = sorted((f"PG-{one.page_id}", one.state, one.reason) for one in messages)
    assert sorted((one["page"], one["state"], one["reason"]) for one in told["messages"]) == kept
    sentences += [one["sentence"] for one in (*told["pages"], *told["messages"])]
    reached |= {f"PlanReason {page.reason}" for page in pages}
    reached |= {f"HoldReason {page.held}" for page in pages}
    return reached | {f"BundleReason {one.reason}" for one in messages}


def named(decision: Decision) -> str | None:
    return decision.group.public_id if decision.group is not None else None


def spelled(at: str | None) -> str | None:
    """The API writes UTC as Z."""
    return at.replace("Z", "+00:00") if at else at


@pytest.fixture
def night(call: Call, clock: Clock, cast: Cast) -> Night:
    return Night(call, clock, cast)


def rules_speak(night: Night) -> None:
    """One alert for each thing that a rule may do, and for what stands on what is down."""
    for story in ("plain", "changed", "sent on", "sent away", "calmed", "dropped", "worked on", "cause"):
        night.says(story)
    night.says("explained")
    night.silences("quiet")
    night.says("quiet")
    night.says("mild", severity=WARNING)
    night.says("always loud", "loud", WARNING)
    night.says("always mild", "mild")
    night.says("by day", "day", WARNING)
    for service in ("db", "shop", "cart"):
        night.says(f"{service} fails", service)


def time_speaks(night: Night) -> None:
    """What may pass, what comes too rarely or often enough, what flaps, what got worse."""
    night.says("waited")
    night.passes(minutes=6)
    night.says("waits")
    night.says("rare")
    for _ in range(3):
        night.says("often")
    for action in (Action.TRIGGER, Action.RESOLVE, Action.TRIGGER):
        night.says("flaps", action=action)
    for severity in (WARNING, CRITICAL):
        night.says("worse", severity=severity)


def groups_speak(night: Night) -> None:
    """What it means for paging that another alert joins."""
    night.says("clustered")
    for story in ("first of one", "second of one"):
        last = night.says(story, group_key="one")
    night.acts(last, "acknowledge")
    night.says("third of one", group_key="one")
    night.says("mild of two", severity=WARNING, group_key="two")
    night.says("worse of two", group_key="two")
    night.says("later silenced", group_key="three")
    night.silences("later silenced")
    night.compares()
    night.says("not silenced", group_key="three")


def people_speak(night: Night) -> None:
    """Why messages wait, and why nobody further is paged."""
    night.says("snoozed")
    night.acts(Alert.objects.latest("id").public_id, "snooze", **{"for": "8h"})
    night.says("over")
    night.says("over", action=Action.RESOLVE)
    night.says("silenced later")
    night.silences("silenced later")
    night.sends()
    night.says("bundled")
    night.sends()
    night.compares()
    for number in range(7):
        night.says(f"one of many {number}", "calm", WARNING)
        night.sends()
        night.passes(minutes=2)
    night.sends()


def evening_speaks(night: Night) -> None:
    """Hours that hold what can wait, and a ladder that comes to its end."""
    night.clock.set(NOON + timedelta(hours=12))
    night.says("after hours", "day", WARNING)
    quiet = {"quiet": [{"from": "22:00", "to": "07:00"}]}
    working = {"working": [{"days": ["mon", "tue"], "from": "09:00", "to": "17:00"}]}
    for hours in (quiet, working):
        said = {"timezone": "Europe/Madrid", "hours": hours}
        change_person(night.cast.id("cy"), said, actor=TESTS, at=queries.now())
        night.says(f"in {next(iter(hours))} hours", "calm", WARNING)
    for _ in range(4):
        night.passes(minutes=20)


def wanted() -> set[str]:
    """Every reason that a decision can have, and those of ladders and messages that hold something back."""
    steps = {
        f"StepReason {one.value}"
        for kind in (StepReason, RouteReason, RouteUrgencyReason, UrgencyReason)
        for one in kind
        if one not in NEVER
    }
    joins = {f"JoinReason {one.value}" for one in JoinReason if one not in NEVER}
    ends = {f"EscalationState {one.value}" for one in EscalationState}
    return steps | joins | ends | {f"{type(one).__name__} {one.value}" for one in ALSO}


def test_every_reason_there_is_is_told_as_it_is_stored(night: Night) -> None:
    """Paged, dropped, silenced, explained, held, paused, grouped, bundled, throttled, unattended."""
    for speaks in (rules_speak, time_speaks, groups_speak, people_speak, evening_speaks):
        speaks(night)
        night.compares()
    night.compares(again=10)
    assert wanted() - night.reached == set()


@pytest.fixture
def muster(cast: Cast) -> Iterator[Callable[..., Result]]:
    """Run `muster` as the admin."""
    app = command_line(["explain"])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def test_the_command_line_says_all_of_it(night: Night, muster: Callable[..., Result]) -> None:
    """Every sentence that the API has for an alert stands in what `muster explain` prints of it."""
    rules_speak(night)
    night.sends()
    for alert in Alert.objects.order_by("id"):
        told = json.loads(muster("explain", alert.public_id, "--json").output)
        words = " ".join(muster("explain", alert.public_id).output.split())
        parts = (*told["steps"], *told["pages"], *told["messages"], *told["plan"])
        said = [told["summary"], *(part["sentence"] for part in parts)]
        said += [told[part]["sentence"] for part in ("joined", "escalation") if told[part]]
        assert [one for one in said if " ".join(one.split()) not in words] == []
