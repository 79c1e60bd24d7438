"""An incident is closed when its follow-up is done, and not before (R53, R57)."""

from datetime import timedelta
from typing import Any

import pytest

from engine import settle
from learning import publish_default, resolved
from muster.core.phases import PhaseRefusal
from muster.core.refusal import Refused
from muster.evaluate.models import Incident
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.restore.commands import close
from muster.review.actions.commands import Wanted, add_action_item
from muster.review.postmortem import commands
from muster.review.postmortem.models import PostmortemSection
from people import Cast


def missing(incident: Incident, cast: Cast) -> dict[str, str]:
    """What still stands in the way of closing it."""
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        close(incident.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is PhaseRefusal.NOT_CLOSED_YET
    found: dict[str, str] = refused.value.detail["unmet"]
    return found


def write_and_publish(incident: Incident, cast: Cast) -> None:
    """The whole text, by ana."""
    ana = cast("ana")
    for row in PostmortemSection.objects.filter(postmortem__incident=incident):
        commands.edit_section(
            incident.pk, row.key, f"About {row.key}", version=row.version, actor=ana.actor, at=ana.at
        )
    commands.submit_for_review(incident.pk, actor=ana.actor, at=ana.at)
    commands.publish_postmortem(incident.pk, actor=ana.actor, at=ana.at)


def test_it_closes_after_the_text_the_meeting_and_an_action_item(cast: Cast, clock: Any) -> None:
    """Also at a severity whose action items have no day: they are owed all the same."""
    prepare()
    publish_default(queries.now())
    incident = resolved(cast("ana"), severity="SEV3", after=timedelta(minutes=70))
    settle()
    write_and_publish(incident, cast)
    assert set(missing(incident, cast)) == {"review_meeting", "action_items_created"}
    ana = cast("ana")
    commands.plan_meeting(incident.pk, ana.at + timedelta(hours=1), actor=ana.actor, at=ana.at)
    clock.advance(timedelta(hours=2))
    ana = cast("ana")
    commands.hold_meeting(incident.pk, actor=ana.actor, at=ana.at)
    assert set(missing(incident, cast)) == {"action_items_created"}
    wanted = Wanted("Check it at start", cast.id("ben"), "prevention")
    assert add_action_item(incident.pk, wanted, actor=ana.actor, at=ana.at).due_at is None
    ana = cast("ana")
    assert close(incident.pk, actor=ana.actor, at=ana.at).phase == "closed"


def test_what_was_waived_does_not_stand_in_the_way(cast: Cast) -> None:
    prepare()
    publish_default(queries.now())
    incident = resolved(cast("ana"))
    settle()
    cleo = cast("cleo")
    commands.waive_postmortem(incident.pk, actor=cleo.actor, at=cleo.at, why="a double of INC-1")
    cleo = cast("cleo")
    assert close(incident.pk, actor=cleo.actor, at=cleo.at).phase == "closed"
