"""Fills an installation with Larkspur, once: the company, ninety days of history, and logins."""

import random
from datetime import datetime, timedelta
from importlib import resources

from django.db import transaction

from muster.core.heartbeats import PingKind
from muster.core.noise import Feedback
from muster.detect.commands import keep_past_pings, note_change
from muster.detect.queries import heartbeat_of, rhythm_of_row
from muster.evaluate.commands import give_feedback
from muster.foundation.access.commands import change_organisation, set_password
from muster.foundation.access.models import Account, Organisation, Person
from muster.foundation.access.queries import arrival_of, now, person_by_handle
from muster.foundation.catalog.models import Service
from muster.mobilize.oncall.commands import add_leave, ask_cover
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.oncall.queries import on_call_at
from muster.processes.demo.history import (
    DEMO,
    MINUTE,
    Cast,
    as_actor,
    cast_of,
    quiet_alert,
    tell,
    tell_present,
    waiting_alert,
)
from muster.processes.demo.senders import tell_senders
from muster.processes.demo.stories import NOISY, PRESENT, QUIET_ALERTS, RELEASES, STORIES, Story
from muster.web.configuration.commands import apply_configuration

SEED = 482
FIRST_ADMIN = "admin"
LOGINS = ("yusuf", "ines", "mara", "sam", "ada")
"""An admin, a manager, a responder, a stakeholder and an auditor."""
PASSWORD = "larkspur demo only"  # noqa: S105 - printed at start, for a demo on this machine
FOUNDED_BEFORE = timedelta(days=95)
"""The company was there before its history began, so that somebody was on call in all of it."""
HEARTBEATS = ("nightly-invoices", "restore-test", "catalogue-export")
_QUIET_COUNT = 60
_NOISY_COUNT = 24
_NOTE = "My daughter's school play, back in time for the evening."


def fill() -> list[dict[str, str]]:
    """Make the demo company in a new installation and return its logins (role, e-mail, password).

    All of it or nothing, so that a start that is killed half-way begins again. An installation where somebody
    has begun to work is left as it is, and has no demo logins.
    """
    if not Organisation.objects.get(pk=1).demo:
        if Person.objects.exclude(handle=FIRST_ADMIN).exists() or Account.objects.exists():
            return []
        with transaction.atomic():
            _found_company()
    return [_login(handle) for handle in LOGINS]


def _found_company() -> None:
    text = resources.files(__package__).joinpath("company.yaml").read_text()
    apply_configuration(text, actor=DEMO, at=now() - FOUNDED_BEFORE)
    change_organisation({"demo": True}, actor=DEMO, at=now())
    _tell_noise(now())
    _tell_history(now())
    _tell_present(now())
    _tell_on_call(now())
    _tell_heartbeats(now())
    _tell_changes(now())
    tell_senders(now(), SEED)
    for handle in LOGINS:
        set_password(person_by_handle(handle).pk, PASSWORD, actor=DEMO, at=now())


def _login(handle: str) -> dict[str, str]:
    person = person_by_handle(handle)
    return {"role": person.role, "email": person.email or "", "password": PASSWORD}


def _tell_history(at: datetime) -> None:
    dice = random.Random(SEED)
    services = {service.handle: service for service in Service.objects.select_related("team")}
    for story in STORIES:
        service = services[story.service]
        tell(story, service, cast_of(service, dice), actor=DEMO, at=_began(story, at))
    for _ in range(_QUIET_COUNT):
        handle, summary, severity = dice.choice(QUIET_ALERTS)
        service = services[handle]
        began = at - timedelta(days=dice.uniform(1, 89))
        answered = cast_of(service, dice).commander if dice.random() < 0.6 else None
        minutes = dice.randint(6, 90)
        quiet_alert(service, summary, severity, actor=DEMO, at=began, minutes=minutes, answered=answered)


def _tell_noise(at: datetime) -> None:
    """A probe that blinks: nearly each time it is well again by itself, and people say what they think."""
    dice = random.Random(SEED)
    service = Service.objects.select_related("team").get(handle=NOISY[0])
    team = cast_of(service, dice).team
    days = sorted((dice.uniform(1, 28) for _ in range(_NOISY_COUNT)), reverse=True)
    for number, ago in enumerate(days):
        began = at - timedelta(days=ago)
        minutes = 35 if number % 12 == 5 else dice.randint(1, 3)
        summary = NOISY[1] % dice.randint(1, 9)
        alert = quiet_alert(
            service, summary, "error", actor=DEMO, at=began, minutes=minutes, answered=None, wakes=True
        )
        if number % 4 == 0:
            said = Feedback.DUPLICATE if number % 16 == 0 else Feedback.NOISE
            whose = as_actor(team[number % len(team)])
            give_feedback(alert.pk, said, actor=whose, at=began + timedelta(hours=1))


def _tell_present(at: datetime) -> None:
    """Mara commands an incident that began twenty minutes ago, and one alert waits for somebody."""
    services = {service.handle: service for service in Service.objects.select_related("team")}
    service = services[PRESENT.service]
    cast = cast_of(service, random.Random(SEED))
    mara = person_by_handle("mara")
    team = (mara, *(person for person in cast.team if person.pk != mara.pk))
    began = at - timedelta(minutes=21)
    tell_present(PRESENT, service, Cast(team, cast.manager), actor=DEMO, at=began, now=at)
    summary = "PDF render slower than 5 s"
    waiting_alert(services["invoice-pdf"], summary, actor=DEMO, at=at - timedelta(minutes=6))


def _tell_on_call(at: datetime) -> None:
    """Tomás is away in three weeks; whoever is on call for payments asks the others to take tomorrow."""
    start = at.replace(minute=0, second=0, microsecond=0) + timedelta(days=21)
    tomas = person_by_handle("tomas")
    add_leave(tomas.pk, actor=DEMO, at=at, start=start, end=start + timedelta(days=4))
    rota = Schedule.objects.get(handle="payments-primary")
    tomorrow = start - timedelta(days=20)
    [asker] = on_call_at(rota.pk, tomorrow)
    own = arrival_of(asker).actor
    ask_cover(rota.pk, actor=own, at=at, give=(tomorrow, tomorrow + timedelta(hours=3)), note=_NOTE)


def _tell_heartbeats(at: datetime) -> None:
    """Two jobs have reported in time, a third is an hour late."""
    nightly, weekly, late = (heartbeat_of(DEMO, handle) for handle in HEARTBEATS)
    for row, days, took in ((nightly, 7, 11), (weekly, 28, 38)):
        schedule = rhythm_of_row(row).schedule
        times = [when for when in schedule.coming(at - timedelta(days=days), days) if when < at]
        ends = [(when, when + took * MINUTE) for when in times if when + took * MINUTE < at]
        runs = [ping for run in ends for ping in zip((PingKind.START, PingKind.SUCCESS), run, strict=True)]
        keep_past_pings(row.pk, runs, actor=DEMO, at=at)
    exports = [(PingKind.SUCCESS, at - timedelta(hours=7 + 6 * n)) for n in range(8, -1, -1)]
    keep_past_pings(late.pk, exports, actor=DEMO, at=at)


def _tell_changes(at: datetime) -> None:
    """A release every few days, and the last one just before the trouble of today."""
    dice = random.Random(SEED)
    services = {service.handle: service.pk for service in Service.objects.all()}
    releases = [(PRESENT.service, dict(RELEASES)[PRESENT.service] % 18, at - timedelta(minutes=25))]
    for handle, words in RELEASES:
        when = at - timedelta(days=dice.uniform(2, 5))
        for number in range(17, 7, -1):
            releases.append((handle, words % number, when))
            when -= timedelta(days=dice.uniform(3, 8))
    for handle, summary, when in reversed(releases):
        note_change(services[handle], actor=DEMO, at=when, summary=summary, source="deploy")


def _began(story: Story, at: datetime) -> datetime:
    day = at - timedelta(days=story.days_ago)
    return day.replace(hour=story.hour, minute=7 * story.days_ago % 60, second=12, microsecond=0)
