"""Who is told of what a rota does: whoever comes on and goes off, and the team's lead where nobody is."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from muster.core.permissions import Actor
from muster.foundation.access.queries import leads_of
from muster.foundation.timeline.pen import command
from muster.mobilize.oncall.ahead import Absence, HandOff, Hole
from muster.mobilize.oncall.commands.notices import tell

_LOCK = 0x74656C6C
"""Workers look at the same moment; one after the other they see what was told already."""


@command
def tell_of_coming(kind: str, found: Iterable[HandOff], *, actor: Actor, at: datetime) -> None:
    """Remind whoever comes on call: `shift_tomorrow` a day before, `shift_begins` within the hour."""
    _one_after_the_other()
    for one in found:
        facts = {"schedule": one.schedule, "start": one.at.isoformat()}
        tell(one.incoming, kind, one.key, facts, actor=actor, at=at, before=one.at)


@command
def tell_of_hand_offs(found: Iterable[HandOff], *, actor: Actor, at: datetime) -> None:
    """Tell whoever came on call and whoever went off, once and at once; the alerts go with the words."""
    _one_after_the_other()
    for one in found:
        facts = {"schedule": one.schedule, "start": one.at.isoformat(), "people": list(one.now)}
        tell(one.incoming, "shift_began", one.key, facts, actor=actor, at=at, at_once=True)
        tell(one.outgoing, "shift_ended", one.key, facts, actor=actor, at=at, at_once=True)


@command
def tell_of_holes(holes: Iterable[Hole], absences: Iterable[Absence], *, actor: Actor, at: datetime) -> None:
    """Tell a team's lead where nobody is on call, and who is on call while away; the latter hear it too."""
    _one_after_the_other()
    for hole in holes:
        facts = {"schedule": hole.schedule, "start": hole.start.isoformat(), "end": hole.end.isoformat()}
        facts |= {"percent": hole.percent}
        before = hole.start if hole.start > at else None
        tell(leads_of(hole.team), hole.kind, hole.key, facts, actor=actor, at=at, before=before)
    for one in absences:
        facts = {"schedule": one.schedule, "start": one.start.isoformat(), "end": one.end.isoformat()}
        facts |= {"person": one.person}
        before = one.start if one.start > at else None
        tell(leads_of(one.team), "away_ahead", one.key, facts, actor=actor, at=at, before=before)
        tell([one.person], "away_yourself", one.key, facts, actor=actor, at=at, before=before)


def _one_after_the_other() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
