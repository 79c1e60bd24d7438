"""Which report somebody asks for: the period and the team of an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404

from muster.core.permissions import Actor
from muster.foundation.access.queries import organisation
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.review.metrics.periods import Period, UnknownPeriod, current_quarter, period_named


@dataclass(frozen=True, slots=True)
class Asked:
    """A period and perhaps a team, and the zone in which days begin."""

    period: Period
    team: Team | None
    timezone: str

    @property
    def query(self) -> str:
        """The part of an address that asks for the same again."""
        return urlencode({"period": self.period.name} | ({"team": self.team.handle} if self.team else {}))


def asked(given: Mapping[str, str], *, actor: Actor, at: datetime) -> Asked:
    """Read `period` (by default this quarter) and `team` (by default all).

    Raises:
        Http404: there is no such period.
        Refused: there is no such team.
    """
    timezone = organisation().timezone
    name = given.get("period") or current_quarter(at, timezone)
    try:
        period = period_named(name, at=at, timezone=timezone)
    except UnknownPeriod:
        raise Http404 from None
    handle = given.get("team", "")
    return Asked(period, by_handle(Team, handle, actor=actor) if handle else None, timezone)
