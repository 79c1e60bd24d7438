"""A postmortem: due for a reason, drafted from the timeline, written by people, published (R52 to R55)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from engine import settle
from learning import TESTS, declared, publish_default, reopen, resolve, resolved, set_audience
from muster.core.obligations import Kind
from muster.core.permissions import Denied
from muster.core.refusal import Refused
from muster.core.review import ReviewRefusal
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.evaluate.reasons import Evaluate
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.respond.warroom.commands import EntryKind, say
from muster.review.postmortem import commands
from muster.review.postmortem.models import Postmortem, PostmortemSection
from muster.review.postmortem.queries import postmortem_of, postmortems, sections_of, versions_of
from muster.review.postmortem.reasons import Reviewing
from people import Cast
from senders import trigger

CLOCKS = [Kind.POSTMORTEM_DRAFT_BY, Kind.POSTMORTEM_DONE_BY, Kind.POSTMORTEM_MEETING_BY]


@pytest.fixture(autouse=True)
def begun(cast: Cast) -> None:
    """Lanes stand at the head; the default Standard is in force."""
    prepare()
    publish_default(queries.now())


@pytest.fixture
def incident(cast: Cast) -> Incident:
    """A SEV2 that ana resolved, with its draft."""
    found = resolved(cast("ana"))
    settle()
    return found


def edit(cast: Cast, incident: Incident, key: str, body: str, *, version: int = 1, who: str = "ana") -> Any:
    """Save a section as somebody."""
    someone = cast(who)
    return commands.edit_section(incident.pk, key, body, version=version, actor=someone.actor, at=someone.at)


def write_everything(cast: Cast, incident: Incident) -> None:
    """Every section says something."""
    for section in PostmortemSection.objects.filter(postmortem__incident=incident):
        edit(cast, incident, section.key, f"What is known of {section.key}.", version=section.version)


def states(incident: Incident) -> dict[str, str]:
    """Where the three clocks stand."""
    rows = Obligation.objects.filter(about=f"incident:{incident.pk}", kind__in=CLOCKS).order_by("id")
    return {row.kind: row.state for row in rows}


def test_resolving_a_sev2_drafts_the_postmortem_and_starts_three_clocks(incident: Incident) -> None:
    # R52, R53
    row = Postmortem.objects.get(incident=incident)
    assert row.state == "draft"
    assert {"why": "severity", "fact": "SEV2"} in row.fired
    due = {o.kind: o.due_at - incident.resolved_at for o in Obligation.objects.filter(kind__in=CLOCKS[:2])}
    assert due == {CLOCKS[0]: timedelta(hours=24), CLOCKS[1]: timedelta(hours=48)}
    assert states(incident) == dict.fromkeys(CLOCKS, "armed")


def test_the_draft_has_the_standards_sections_and_invents_no_cause(incident: Incident) -> None:
    # R54
    sections = {row.key: row.body for row in PostmortemSection.objects.all()}
    assert list(sections)[:2] == ["title", "executive_summary"]
    assert sections["title"] == "Checkout fails"
    assert "Ana" in sections["executive_summary"]
    assert sections["root_cause_five_whys"] == "1.\n2.\n3.\n4.\n5."
    assert (sections["contributing_factors"], sections["got_lucky"]) == ("", "")
    assert "duration" not in sections


def test_the_draft_tells_the_timeline_in_utc_with_alerts_and_what_was_tried(key: str, cast: Cast) -> None:
    # R54: second by second
    receive_signals([trigger(key)])
    settle()
    ana = cast("ana")
    alert = Alert.objects.get(service__handle="checkout")
    incident = declared(ana, alert=alert.pk)
    say(incident.pk, "rolled back to 4.17", kind=EntryKind.ACTION, actor=ana.actor, at=ana.at)
    resolve(incident, ana, at=ana.at + timedelta(minutes=5))
    settle()
    sections = {row.key: row.body for row in PostmortemSection.objects.all()}
    head, *lines = sections["timeline"].replace("\n\n", "\n").splitlines()
    assert head == "Times are UTC."
    stamps = [line[2:21] for line in lines]
    assert stamps == sorted(stamps)
    assert f"{alert.opened_at:%Y-%m-%d %H:%M:%S} Alert {alert.public_id}: Checkout fails" in lines[0]
    assert any("Ana declared the incident as SEV2: Checkout fails" in line for line in lines)
    assert any(line.endswith(" Ana: rolled back to 4.17") for line in lines)
    assert not any("obligation" in line or "is owed" in line for line in lines)
    assert sections["actions_taken"].endswith("rolled back to 4.17")
    assert alert.public_id in sections["executive_summary"]
    fired = {one["why"] for one in Postmortem.objects.get().fired}
    assert "oncall_intervention" in fired
    assert "monitoring_failure" not in fired


def test_where_no_postmortem_is_due_the_timeline_says_so(key: str, cast: Cast) -> None:
    # R52: never skipped silently
    receive_signals([trigger(key)])
    settle()
    incident = resolved(cast("ana"), severity="SEV4", alert=Alert.objects.get(service__handle="checkout").pk)
    settle()
    assert not Postmortem.objects.exists()
    assert Event.objects.filter(kind="incident.postmortem_not_due", incident=incident.pk).exists()
    assert states(incident) == {}


def test_somebody_may_ask_for_one_all_the_same(key: str, cast: Cast) -> None:
    # R52: stakeholder request
    receive_signals([trigger(key)])
    settle()
    incident = resolved(cast("ana"), severity="SEV4", alert=Alert.objects.get(service__handle="checkout").pk)
    settle()
    ana = cast("ana")
    row = commands.draft_postmortem(incident.pk, actor=ana.actor, at=ana.at)
    assert row.fired == [{"why": "stakeholder_request", "fact": "requested"}]
    assert set(states(incident).values()) == {"armed"}
    with pytest.raises(Refused) as refused:
        commands.draft_postmortem(incident.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is Reviewing.EXISTS


def test_a_postmortem_comes_after_the_incident(cast: Cast) -> None:
    ana = cast("ana")
    incident = declared(ana)
    with pytest.raises(Refused) as refused:
        commands.draft_postmortem(incident.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is Reviewing.NOT_RESOLVED


def test_the_first_who_writes_is_the_author_and_the_review_begins(incident: Incident, cast: Cast) -> None:
    section = edit(cast, incident, "went_well", "The page came at once.", who="ben")
    assert (section.version, section.body) == (2, "The page came at once.")
    assert Postmortem.objects.get().author_id == cast.id("ben")
    assert Incident.objects.get(pk=incident.pk).phase == "reviewing"
    edit(cast, incident, "went_well", "The page came at once. Ana answered.", version=2)
    assert Postmortem.objects.get().author_id == cast.id("ben")


def test_saving_what_stands_there_writes_nothing(incident: Incident, cast: Cast) -> None:
    edit(cast, incident, "went_well", "x")
    before = Event.objects.count()
    assert edit(cast, incident, "went_well", "x", version=1).version == 2
    assert Event.objects.count() == before


def test_a_stale_save_is_refused_and_nothing_is_lost(incident: Incident, cast: Cast) -> None:
    edit(cast, incident, "lessons_learned", "Ben's words", who="ben")
    with pytest.raises(Refused) as refused:
        edit(cast, incident, "lessons_learned", "Ana's words", version=1)
    assert refused.value.reason is Reviewing.SAVED_MEANWHILE
    assert refused.value.detail["version"] == 2
    section = PostmortemSection.objects.get(key="lessons_learned")
    assert section.body == "Ben's words"
    bodies = [version.body for version in versions_of(TESTS, section)]
    assert bodies == ["Ben's words", ""]


def test_two_who_save_at_once_do_not_overwrite_each_other(incident: Incident, cast: Cast) -> None:
    gate, outcomes = threading.Barrier(2), []

    def save(who: str) -> None:
        someone = cast(who)
        gate.wait()
        try:
            commands.edit_section(
                incident.pk, "went_badly", who, version=1, actor=someone.actor, at=someone.at
            )
            outcomes.append(who)
        except Refused as refused:
            outcomes.append(refused.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(who,)) for who in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [one for one in outcomes if one is not Reviewing.SAVED_MEANWHILE]
    section = PostmortemSection.objects.get(key="went_badly")
    assert (section.version, section.body) == (2, winner)
    assert Event.objects.filter(kind="postmortem.begun").count() == 1


def test_handing_in_needs_every_section_and_meets_the_draft(incident: Incident, cast: Cast) -> None:
    # R53
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.submit_for_review(incident.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is ReviewRefusal.SECTIONS_EMPTY
    assert "Where we got lucky" in refused.value.detail["titles"]
    assert "Root cause" in refused.value.detail["titles"]
    write_everything(cast, incident)
    ana = cast("ana")
    commands.submit_for_review(incident.pk, actor=ana.actor, at=ana.at)
    assert Postmortem.objects.get().state == "in_review"
    assert states(incident) == {CLOCKS[0]: "met", CLOCKS[1]: "armed", CLOCKS[2]: "armed"}


def test_publishing_meets_the_second_clock_and_holding_the_meeting_the_third(
    incident: Incident, cast: Cast, clock: Any
) -> None:
    # R53
    write_everything(cast, incident)
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.publish_postmortem(incident.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is ReviewRefusal.NO_SUCH_MOVE
    commands.submit_for_review(incident.pk, actor=ana.actor, at=ana.at)
    commands.publish_postmortem(incident.pk, actor=ana.actor, at=ana.at)
    assert Postmortem.objects.get().published_at == ana.at
    assert states(incident) == {CLOCKS[0]: "met", CLOCKS[1]: "met", CLOCKS[2]: "armed"}
    commands.plan_meeting(incident.pk, ana.at + timedelta(hours=1), actor=ana.actor, at=ana.at)
    with pytest.raises(Refused) as early:
        commands.hold_meeting(incident.pk, actor=ana.actor, at=ana.at)
    assert early.value.reason is Reviewing.MEETING_AHEAD
    clock.advance(timedelta(hours=2))
    ana = cast("ana")
    commands.hold_meeting(incident.pk, actor=ana.actor, at=ana.at)
    assert states(incident)[CLOCKS[2]] == "met"


def test_what_is_published_is_changed_only_after_it_is_withdrawn(incident: Incident, cast: Cast) -> None:
    write_everything(cast, incident)
    ana = cast("ana")
    commands.submit_for_review(incident.pk, actor=ana.actor, at=ana.at)
    commands.publish_postmortem(incident.pk, actor=ana.actor, at=ana.at)
    with pytest.raises(Refused) as refused:
        edit(cast, incident, "went_well", "More", version=2)
    assert refused.value.reason is Reviewing.PUBLISHED
    with pytest.raises(Refused) as silent:
        commands.withdraw_postmortem(incident.pk, actor=ana.actor, at=ana.at, why=" ")
    assert silent.value.reason is ReviewRefusal.REASON_NEEDED
    commands.withdraw_postmortem(incident.pk, actor=ana.actor, at=ana.at, why="a wrong figure")
    assert edit(cast, incident, "went_well", "More", version=2).version == 3


def test_what_was_handed_in_can_be_returned_with_a_reason(incident: Incident, cast: Cast) -> None:
    write_everything(cast, incident)
    ana = cast("ana")
    commands.submit_for_review(incident.pk, actor=ana.actor, at=ana.at)
    commands.return_postmortem(incident.pk, actor=ana.actor, at=ana.at, why="Go deeper")
    assert Postmortem.objects.get().state == "draft"


def test_only_a_manager_waives_and_only_with_a_reason(incident: Incident, cast: Cast) -> None:
    # R52: never skipped silently
    ana, cleo = cast("ana"), cast("cleo")
    with pytest.raises(Refused) as refused:
        commands.waive_postmortem(incident.pk, actor=ana.actor, at=ana.at, why="no time")
    assert refused.value.reason is Denied.NOT_COMMANDER
    with pytest.raises(Refused) as silent:
        commands.waive_postmortem(incident.pk, actor=cleo.actor, at=cleo.at, why="")
    assert silent.value.reason is Reviewing.REASON_NEEDED
    commands.waive_postmortem(incident.pk, actor=cleo.actor, at=cleo.at, why="the same as INC-1")
    assert set(states(incident).values()) == {"waived"}
    with pytest.raises(Refused) as over:
        edit(cast, incident, "went_well", "x")
    assert over.value.reason is Reviewing.WAIVED


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_a_stakeholder_and_an_auditor_read_only(incident: Incident, cast: Cast, who: str) -> None:
    assert postmortem_of(cast(who).actor, incident.public_id).incident_id == incident.pk
    with pytest.raises(Refused) as refused:
        edit(cast, incident, "went_well", "x", who=who)
    assert refused.value.reason is Denied.ROLE


def test_a_restricted_incident_s_postmortem_is_as_if_it_were_not(incident: Incident, cast: Cast) -> None:
    """The same answer as for an incident that is not there, to read and to write."""
    audience = Audience.objects.create(name="INC")
    set_audience(incident, audience.pk)
    ben = cast("ben")
    for public_id in (incident.public_id, "INC-999"):
        with pytest.raises(Refused) as refused:
            postmortem_of(ben.actor, public_id)
        assert refused.value.reason is Evaluate.INCIDENT_NOT_FOUND
    with pytest.raises(Refused) as writing:
        edit(cast, incident, "went_well", "x", who="ben")
    assert writing.value.reason is Evaluate.INCIDENT_NOT_FOUND
    assert list(postmortems(ben.actor)) == []


def test_a_draft_made_of_a_restricted_incident_is_restricted(cast: Cast) -> None:
    ana = cast("ana")
    incident = declared(ana)
    audience = Audience.objects.create(name="INC")
    set_audience(incident, audience.pk)
    resolve(Incident.objects.get(pk=incident.pk), ana, at=ana.at)
    settle()
    row = Postmortem.objects.get()
    rows = [row, *sections_of(TESTS, row), *Obligation.objects.filter(kind__in=CLOCKS)]
    assert {one.audience_id for one in rows} == {audience.pk}
    assert sections_of(cast("ben").actor, row) == []


def test_reviewers_are_people_who_may_know(incident: Incident, cast: Cast) -> None:
    ana = cast("ana")
    row = commands.set_reviewers(
        incident.pk, [cast.id("ben"), cast.id("cleo"), cast.id("ben")], actor=ana.actor, at=ana.at
    )
    assert row.reviewers == [cast.id("ben"), cast.id("cleo")]
    with pytest.raises(Refused) as refused:
        commands.set_reviewers(incident.pk, [999], actor=ana.actor, at=ana.at)
    assert refused.value.reason is Reviewing.REVIEWER_UNKNOWN


def test_reopening_stops_the_clocks_and_resolving_again_starts_them_anew(
    incident: Incident, cast: Cast
) -> None:
    edit(cast, incident, "went_well", "Kept through it all")
    reopen(incident, cast("ana"))
    settle()
    assert set(states(incident).values()) == {"superseded"}
    ana = cast("ana")
    again = resolve(Incident.objects.get(pk=incident.pk), ana, at=ana.at)
    settle()
    armed = Obligation.objects.filter(kind=Kind.POSTMORTEM_DRAFT_BY, state="armed").get()
    assert armed.due_at == again.resolved_at + timedelta(hours=24)
    assert PostmortemSection.objects.get(key="went_well").body == "Kept through it all"


def test_the_event_of_a_save_holds_no_human_text(incident: Incident, cast: Cast) -> None:
    edit(cast, incident, "went_well", "Ana Ruiz answered")
    payload = Event.objects.get(kind="postmortem_section.edited").payload
    assert set(payload["body"]) == {"text"}
    assert "Ruiz" not in str(payload)


def test_deciding_twice_about_one_resolution_changes_nothing(
    incident: Incident, key: str, cast: Cast
) -> None:
    """As when the demo tells a story, and the worker reacts to it afterwards."""
    receive_signals([trigger(key)])
    settle()
    small = resolved(cast("ana"), severity="SEV4", alert=Alert.objects.get(service__handle="checkout").pk)
    settle()
    before = Event.objects.count()
    for one in (incident, small):
        commands.begin_review(one.pk, actor=TESTS, at=queries.now())
    assert Event.objects.count() == before
