"""Tells the stories: the same commands that people and the engine use, with `at` in the past (design 4)."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.delivery import Accepted
from muster.core.escalation_life import StopReason
from muster.core.gate import GateCheck
from muster.core.lifecycle import Verb
from muster.core.obligations import SupersededBy
from muster.core.permissions import Actor, system
from muster.core.phases import Phase
from muster.core.signals import SignalSeverity
from muster.detect.commands import add_integration, move_alerts, open_past_alert
from muster.detect.models import HEARTBEAT_KIND, Alert, Integration
from muster.evaluate.commands import Declaration, declare_incident, evaluate_alerts, settle_groups_of
from muster.evaluate.models import Decision, Incident
from muster.foundation.access.models import Person
from muster.foundation.access.queries import arrival_of, holders
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command
from muster.mobilize.escalation.commands import (
    Presence,
    acknowledge_alert,
    acknowledge_call,
    be_responder,
    mobilize_incident,
)
from muster.mobilize.escalation.commands.ladder import escalate_groups, stop_escalations
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from muster.mobilize.paging.models import Call
from muster.processes.demo.stories import Story
from muster.respond.warroom.commands import (
    Words,
    add_task,
    arm_incident,
    assign_role,
    complete_task,
    end_owing,
    move_phase,
    post_update,
    say,
)
from muster.restore.commands import Resolution, mitigate, resolve_incident
from muster.review.actions.commands import Wanted, add_action_item, complete_action_item
from muster.review.postmortem.commands import (
    begin_review,
    edit_section,
    hold_meeting,
    name_cause,
    plan_meeting,
    publish_postmortem,
    submit_for_review,
)
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.outline import empty_sections

DEMO = system("demo")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays in a story: the team of its service, and the manager."""

    team: tuple[Person, ...]
    manager: Person

    @property
    def commander(self) -> Person:
        """Who declares and commands."""
        return self.team[0]


def as_actor(person: Person) -> Actor:
    """A person of the demo as an actor, with the roles that they hold at this point of the story."""
    return arrival_of(person.pk).actor


def cast_of(service: Service, dice: random.Random) -> Cast:
    """The people of a service's team in some order."""
    team = [grant.person for grant in holders(f"team:{service.team_id}", "member")]
    dice.shuffle(team)
    [manager] = [grant.person for grant in holders(f"team:{service.team_id}", "manager")]
    return Cast(tuple(team), manager)


def sender_of(service: Service, at: datetime) -> int:
    """The service's own integration; made for the demo where the file names none."""
    found = Integration.objects.filter(service=service).exclude(kind=HEARTBEAT_KIND).first()
    if found is None:
        handle = f"{service.handle}-checks"
        found, _ = add_integration(
            actor=DEMO, at=at, handle=handle, kind="generic", service_id=service.pk, made_by="demo"
        )
    return found.pk


@command
def quiet_alert(
    service: Service,
    summary: str,
    severity: str,
    *,
    actor: Actor,
    at: datetime,
    minutes: int,
    answered: Person | None,
    wakes: bool = False,
) -> Alert:
    """An alert that came, perhaps woke somebody, was perhaps looked at, and went."""
    alert = _alert(service, summary, SignalSeverity(severity), at)
    if wakes:
        _wake(alert, at)
    if answered is not None:
        _answer(alert, answered, at + 4 * MINUTE)
    _end(alert, at + minutes * MINUTE)
    return alert


def _alert(service: Service, summary: str, severity: SignalSeverity, at: datetime) -> Alert:
    key = f"{service.handle}/{summary}"
    alert = open_past_alert(
        sender_of(service, at), key, actor=DEMO, at=at, summary=summary, severity=severity
    )
    evaluate_alerts([alert.pk], actor=DEMO, at=at)
    return alert


def _wake(alert: Alert, at: datetime) -> None:
    """Whoever is on call is paged, and their letter goes out at once."""
    escalate_groups([Decision.objects.get(alert=alert).group_id or 0], actor=DEMO, at=at)
    claimed = claim_deliveries("email", 50, True, actor=DEMO, at=at)
    sent = [SendResult(one.delivery.pk, one.delivery.fence, Accepted()) for one in claimed]
    record_deliveries(sent, actor=DEMO, at=at)


def _answer(alert: Alert, person: Person, at: datetime) -> None:
    acknowledge_alert(alert.pk, actor=as_actor(person), at=at)


def _end(alert: Alert, at: datetime) -> None:
    move_alerts([alert.pk], Verb.RESOLVE, actor=DEMO, at=at)
    groups = settle_groups_of([alert.pk], actor=DEMO, at=at)
    stop_escalations([row.subject for row in groups], StopReason.RESOLVED, actor=DEMO, at=at)


@command
def tell(story: Story, service: Service, cast: Cast, *, actor: Actor, at: datetime) -> Incident:
    """One incident from its alert to its published postmortem; `at` is when the impact began."""
    detected = at + story.detect_min * MINUTE
    answered = detected + story.acknowledge_min * MINUTE
    alert = _alert(service, story.alert, SignalSeverity.CRITICAL, detected)
    _answer(alert, cast.commander, answered)
    incident = begin(story, service, cast, alert, started=at, at=answered + 2 * MINUTE)
    mitigated, resolved = at + story.mitigate_min * MINUTE, at + story.resolve_min * MINUTE
    work(story, incident, cast, between=(answered + 4 * MINUTE, mitigated))
    commander = as_actor(cast.commander)
    mitigate(incident.pk, actor=commander, at=mitigated)
    _end(alert, mitigated + 3 * MINUTE)
    stated = (
        GateCheck.SYSTEM_STABLE,
        GateCheck.IMPACT_CEASED,
        GateCheck.METRICS_CONFIRM,
        GateCheck.CUSTOMERS_TOLD,
        GateCheck.TIMELINE_DOCUMENTED,
        GateCheck.POSTMORTEM_SCHEDULED,
    )
    said = Resolution(stated=stated, public_words="This is resolved. Thank you for your patience.")
    resolve_incident(incident.pk, said, actor=commander, at=resolved)
    end_owing(incident.pk, SupersededBy.RESOLVED, actor=DEMO, at=resolved)
    learn(story, incident, cast, at=resolved)
    return incident


@command
def tell_present(
    story: Story, service: Service, cast: Cast, *, actor: Actor, at: datetime, now: datetime
) -> Incident:
    """An incident that people work on now; `at` is when its impact began."""
    detected = at + story.detect_min * MINUTE
    alert = _alert(service, story.alert, SignalSeverity.CRITICAL, detected)
    answered = detected + story.acknowledge_min * MINUTE
    _answer(alert, cast.commander, answered)
    incident = begin(story, service, cast, alert, started=at, at=answered + 2 * MINUTE)
    work(story, incident, cast, between=(answered + 4 * MINUTE, now - MINUTE))
    return incident


@command
def waiting_alert(service: Service, summary: str, *, actor: Actor, at: datetime) -> None:
    """A low-urgency alert that nobody has taken yet."""
    _alert(service, summary, SignalSeverity.WARNING, at)


def begin(
    story: Story, service: Service, cast: Cast, alert: Alert, *, started: datetime, at: datetime
) -> Incident:
    """Declare, call the people, and let them answer."""
    commander = as_actor(cast.commander)
    incident = declare_incident(
        Declaration(
            story.title,
            services=(service.pk,),
            severity=story.severity,
            alert=alert.pk,
            impact_started_at=started,
        ),
        actor=commander,
        at=at,
    )
    arm_incident(incident.pk, actor=DEMO, at=at, since=incident.declared_at)
    group = Decision.objects.get(alert=alert).group_id
    mobilize_incident(incident.pk, actor=DEMO, at=at, group=group)
    for call in Call.objects.filter(incident=incident, state="triggered").order_by("id"):
        coming = cast.team[1 % len(cast.team)] if call.target.startswith("policy:") else cast.manager
        acknowledge_call(call.pk, actor=as_actor(coming), at=at + 3 * MINUTE)
        be_responder(incident.pk, coming.pk, Presence.READY, actor=as_actor(coming), at=at + 4 * MINUTE)
    be_responder(incident.pk, cast.commander.pk, Presence.READY, actor=commander, at=at)
    return incident


def work(story: Story, incident: Incident, cast: Cast, *, between: tuple[datetime, datetime]) -> None:
    """Roles, what was tried, an update, a task."""
    at, until = between
    commander = as_actor(cast.commander)
    operations = cast.team[1 % len(cast.team)]
    assign_role(incident.pk, "operations_lead", operations.pk, actor=commander, at=at)
    for place, role in ((2, "communications_lead"), (3, "scribe")):
        if len(cast.team) > place:
            assign_role(incident.pk, role, cast.team[place].pk, actor=commander, at=at)
    if story.severity in {"SEV1", "SEV2"}:
        move_phase(incident.pk, Phase.MOBILIZING, actor=commander, at=at)
    move_phase(incident.pk, Phase.INVESTIGATING, actor=commander, at=at + MINUTE)
    pause = (until - at) / (len(story.steps) + 2)
    for number, step in enumerate(story.steps, start=1):
        kind = "hypothesis" if number == 1 else "action"
        say(incident.pk, step, actor=as_actor(operations), at=at + number * pause, kind=kind)
    move_phase(incident.pk, Phase.MITIGATING, actor=commander, at=at + pause * 1.5)
    task = add_task(incident.pk, "Check open orders of the last hour", actor=commander, at=at + pause)
    complete_task(task.pk, actor=as_actor(operations), at=until)
    inside = Words(f"{story.title}. {story.steps[0]}", audience="internal", status="Investigating")
    post_update(incident.pk, inside, actor=commander, at=at + pause)
    check = "Status check: Operations has the rollback, customers are told."
    say(incident.pk, check, actor=commander, at=until - MINUTE, kind="status_check")
    if story.public:
        outside = Words(f"{story.title}. We are working on it.", audience="external", status="Investigating")
        post_update(incident.pk, outside, actor=commander, at=at + 1.2 * pause)


def learn(story: Story, incident: Incident, cast: Cast, *, at: datetime) -> None:
    """The postmortem, reviewed and published, and its action items; only where one is due."""
    postmortem: Postmortem | None = begin_review(incident.pk, actor=DEMO, at=at)
    if postmortem is None:
        return
    author = as_actor(cast.commander)
    plan_meeting(incident.pk, at + timedelta(days=2), actor=author, at=at + timedelta(hours=1))
    sections = list(postmortem.sections.order_by("id"))
    unwritten = set(empty_sections(sections))
    for section in sections:
        if section.key in unwritten:
            words = (
                story.cause if "cause" in section.key or "why" in section.key else _words(section.key, story)
            )
            edit_section(
                incident.pk,
                section.key,
                words,
                version=section.version,
                actor=author,
                at=at + timedelta(hours=14),
            )
    for number, (title, tag) in enumerate(story.actions):
        owner = cast.team[number % len(cast.team)]
        item = add_action_item(
            incident.pk,
            Wanted(title=title, owner=owner.pk, tag=tag),
            actor=author,
            at=at + timedelta(hours=20),
        )
        if story.days_ago > 20 or number:
            done = at + timedelta(days=min(9, max(1, story.days_ago - 1)))
            complete_action_item(item.pk, actor=as_actor(owner), at=done)
    if story.days_ago > 4:
        handed_in = at + timedelta(hours=29 if story.resolve_min > 110 else 22)
        name_cause(incident.pk, _cause_word(story), actor=author, at=handed_in)
        submit_for_review(incident.pk, actor=author, at=handed_in)
        publish_postmortem(incident.pk, actor=as_actor(cast.manager), at=at + timedelta(hours=47))
        hold_meeting(incident.pk, actor=author, at=at + timedelta(days=2, hours=1))


def _cause_word(story: Story) -> str:
    """The cause in one word, as reports count it."""
    words = {
        "capacity": ("limit", "pool", "lock", "queue"),
        "deploy": ("release", "deploy", "version", "migration"),
        "third party": ("provider", "receiver", "carrier", "gateway"),
        "configuration": ("credential", "policy", "certificate", "setting", "configur"),
    }
    said = story.cause.lower()
    return next((word for word, signs in words.items() if any(sign in said for sign in signs)), "other")


def _words(key: str, story: Story) -> str:
    words = {
        "went_well": "The first page was answered within minutes, and one person led from the start.",
        "went_badly": "The alert named a symptom; finding the place took most of the time.",
        "lucky": "It happened outside the hours in which most tickets are sold.",
        "lessons": "A limit that is written nowhere is found at night.",
    }
    return next((text for name, text in words.items() if name in key), story.steps[0])
