"""Restricted is need-to-know, in the timeline too: what is not yours is not there (design section 10)."""

from datetime import datetime

import pytest

from muster.core.change import Change
from muster.core.permissions import EVERYONE, Actor, system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Audience, AudienceMember, Grant
from muster.foundation.timeline import audiences
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.pen import command, record
from muster.foundation.timeline.queries import (
    as_json,
    events_of,
    events_of_incident,
    every_event,
    told,
    words,
)
from muster.foundation.timeline.sealer import seal_all
from people import Cast

TESTS = system("tests")


@command
def give(person: int, audience: int, incident: int | None, *, actor: Actor = TESTS, at: datetime) -> Grant:
    """A grant of one audience, within an incident."""
    facts = {"role": "scribe", "scope": f"incident:{incident or 9}"}
    columns = facts | {"person_id": person, "granted_at": at}
    change = Change("grant.given", columns | {"audience_id": audience}, facts | {"person": person})
    return record(Grant(), change, actor=actor, at=at, incident=incident)


@command
def join(person: int, audience: int, *, actor: Actor = TESTS, at: datetime) -> None:
    """Let a person into an audience."""
    change = Change("audience_member.added", {"person_id": person}, {"person": person})
    record(AudienceMember(audience_id=audience), change, actor=actor, at=at)


@pytest.fixture
def few(cast: Cast) -> int:
    """An audience with nobody but ana in it."""
    audience = Audience.objects.create(name="few")
    join(cast.id("ana"), audience.pk, at=queries.now())
    return audience.pk


def subjects(actor: Actor) -> set[str]:
    return set(every_event(actor).values_list("subject", flat=True))


def test_an_event_has_the_audience_of_its_row(cast: Cast, few: int) -> None:
    grant = give(cast.id("ana"), few, 7, at=queries.now())
    assert Event.objects.get(subject=grant.subject).audience_id == few
    assert grant.subject in subjects(cast("ana").actor)
    assert grant.subject not in subjects(cast("ben").actor)
    assert grant.subject not in subjects(cast("ada").actor)  # an auditor is no exception
    assert grant.subject in subjects(TESTS)


def test_what_is_restricted_later_hides_its_past(cast: Cast, few: int) -> None:
    before = give(cast.id("ana"), EVERYONE, 7, at=queries.now())
    other = give(cast.id("ana"), EVERYONE, 8, at=queries.now())
    assert before.subject in subjects(cast("ben").actor)
    audiences.restrict(["incident:7"], few)
    assert before.subject not in subjects(cast("ben").actor)
    assert list(events_of_incident(7, cast("ben").actor)) == []
    assert events_of_incident(7, cast("ana").actor).count() == 1
    assert events_of_incident(8, cast("ben").actor).count() == 1
    assert other.subject in subjects(cast("ben").actor)


def test_a_subject_outside_any_incident_can_be_restricted_by_itself(cast: Cast, few: int) -> None:
    grant = give(cast.id("ana"), EVERYONE, None, at=queries.now())
    audiences.restrict([grant.subject], few)
    assert list(events_of(grant.subject, cast("ben").actor)) == []
    assert events_of(grant.subject, cast("ana").actor).count() == 1


def test_opening_again_shows_what_was_written_while_it_was_closed(cast: Cast, few: int) -> None:
    grant = give(cast.id("ana"), few, 7, at=queries.now())
    audiences.restrict(["incident:7"], few)
    audiences.restrict(["incident:7"], EVERYONE)
    assert grant.subject in subjects(cast("ben").actor)


def test_a_subject_of_a_restricted_incident_stays_hidden_when_only_the_subject_is_opened(
    cast: Cast, few: int
) -> None:
    grant = give(cast.id("ana"), few, 7, at=queries.now())
    audiences.restrict(["incident:7", grant.subject], few)
    audiences.restrict([grant.subject], EVERYONE)
    assert grant.subject not in subjects(cast("ben").actor)


def test_a_role_in_a_restricted_incident_is_known_to_its_audience_only(cast: Cast, few: int) -> None:
    audiences.restrict(["incident:7"], few)
    grant = commands.give_grant(cast.id("ana"), "scribe", "incident:7", actor=TESTS, at=queries.now())
    assert grant.subject in subjects(cast("ana").actor)
    assert grant.subject not in subjects(cast("ben").actor)
    assert cast("ana").actor.incident_roles == {(7, "scribe")}


def test_events_are_read_newest_first_with_their_place_in_the_chain(cast: Cast) -> None:
    seal_all()
    give(cast.id("ana"), EVERYONE, 7, at=queries.now())
    rows = [as_json(event) for event in every_event(TESTS)]
    assert rows[0]["seq"] is None
    assert rows[0]["hash"] is None
    assert [row["seq"] for row in rows[1:]] == list(range(len(rows) - 1, 0, -1))
    assert len(rows[1]["hash"]) == 64


def names(wanted: set[str]) -> dict[str, str]:
    """Everybody is called after their number."""
    return {
        subject: subject.replace("person:", "No. ") for subject in wanted if subject.startswith("person:")
    }


def test_sentences_are_worded_when_read_with_texts_and_names(cast: Cast) -> None:
    lines = {line.kind: line for line in told(every_event(TESTS), names)}
    assert lines["person.added"].sentence == "added Admin"
    give(cast.id("ana"), EVERYONE, 7, actor=cast("ben").actor, at=queries.now())
    [line] = told(events_of_incident(7, TESTS), names)
    assert line.actor_name == f"No. {cast.id('ben')}"
    assert line.facts["person"] == f"No. {cast.id('ana')}"
    assert line.sentence == "gave the role scribe in incident:7"


def test_an_erased_text_reads_as_erased_and_a_missing_fact_as_unknown(cast: Cast) -> None:
    event = Event.objects.get(subject=f"person:{cast.id('ana')}")
    event.texts.filter(name="name").delete()
    [line] = told([event], names)
    assert line.sentence == "added erased"
    assert words("token.created", {}) == "made the API token unknown"
