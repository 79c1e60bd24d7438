"""Which report on noise somebody asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from muster.core.permissions import Actor
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import by_handle
from muster.review.metrics.asking import asked as asked_of
from muster.review.metrics.periods import Period

DEFAULT = "30d"


class By(StrEnum):
    """What counts as one and the same alert."""

    RULE = "rule"
    KEY = "key"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class NoiseAsked:
    """A period, perhaps a team or a service, and by what alerts are gathered."""

    period: Period
    team: Team | None = None
    service: Service | None = None
    by: By = By.RULE

    @property
    def query(self) -> str:
        """The part of an address that asks for the same again."""
        said = {"period": self.period.name}
        said |= {"team": self.team.handle} if self.team is not None else {}
        said |= {"service": self.service.handle} if self.service is not None else {}
        said |= {"by": self.by.value} if self.by is not By.RULE else {}
        return urlencode(said)


def noise_asked(given: Mapping[str, str], *, actor: Actor, at: datetime) -> NoiseAsked:
    """Read `period` (by default the last 30 days), `team`, `service` and `by` (by default the alert rule).

    Raises:
        Http404: there is no such period.
        Refused: there is no such team or service.
    """
    found = asked_of(
        {"period": given.get("period") or DEFAULT, "team": given.get("team", "")}, actor=actor, at=at
    )
    service, by = given.get("service", ""), given.get("by", "")
    return NoiseAsked(
        found.period,
        found.team,
        by_handle(Service, service, actor=actor) if service else None,
        By(by) if by in set(By) else By.RULE,
    )
