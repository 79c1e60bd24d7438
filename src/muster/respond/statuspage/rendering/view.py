"""What a page shows, as plain data: nothing that was not written for its readers gets in here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from muster.core import status_page as rules
from muster.core.status_page import ComponentState, PageImpact, PageState
from muster.core.uptime import Uptime

_ID_CHARS = 12


def public_key(kind: str, number: int) -> str:
    """Return the 12 characters [a-z0-9] by which Statuspage's readers know a thing."""
    digest = hashlib.sha256(f"{kind}:{number}".encode()).hexdigest()
    return digest[:_ID_CHARS]


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component; `group` is empty for none."""

    id: int
    name: str
    description: str
    group: str
    position: int
    state: ComponentState
    created_at: datetime
    updated_at: datetime
    uptime: Uptime | None = None


@dataclass(frozen=True, slots=True)
class PostView:
    """One post; `changed` holds (component id, before, after)."""

    id: int
    state: PageState
    body: str
    posted_at: datetime
    changed: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One public incident with its posts, newest first, and the ids of the components it touches."""

    id: int
    title: str
    state: PageState
    impact: PageImpact
    started_at: datetime
    created_at: datetime
    monitoring_at: datetime | None
    resolved_at: datetime | None
    posts: tuple[PostView, ...] = ()
    components: tuple[int, ...] = ()
    next_update_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is resolved."""
        return self.state is PageState.RESOLVED

    @property
    def updated_at(self) -> datetime:
        """When it was last posted to."""
        return self.posts[0].posted_at if self.posts else self.created_at


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page. `url` is where readers find it, without a slash at its end."""

    id: int
    slug: str
    name: str
    url: str
    made_at: datetime
    components: tuple[ComponentView, ...] = ()
    incidents: tuple[IncidentView, ...] = ()

    @property
    def unresolved(self) -> tuple[IncidentView, ...]:
        """What is not over, newest first."""
        return tuple(one for one in self.incidents if not one.is_over)

    @property
    def indicator(self) -> str:
        """Statuspage's `none`, `minor`, `major`, `critical` or `maintenance`."""
        return rules.indicator(
            [one.state for one in self.components], [one.impact for one in self.unresolved]
        )

    @property
    def updated_at(self) -> datetime:
        """When anything on it last changed; `made_at` for an empty page."""
        times = [one.updated_at for one in self.components] + [one.updated_at for one in self.incidents]
        return max(times, default=self.made_at)
