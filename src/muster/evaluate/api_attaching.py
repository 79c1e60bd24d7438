"""`/bulk/groups/attach` and `/detach`: whole groups of alerts belong to an incident, or do not."""

from typing import Any

from ninja import Router
from pydantic import Field

from muster.evaluate import commands
from muster.evaluate.queries import incident_of, number_of
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told

router = Router(tags=["alerts"])


class AttachIn(Body):
    """Which groups (`GRP-7`), and the incident (`INC-7`)."""

    groups: list[str] = Field(min_length=1, max_length=commands.ATTACHED_AT_ONCE)
    incident: str = Field(max_length=40)


class NotAttachedOut(Shown):
    """A group to which nothing was done, and why."""

    id: str
    code: str
    detail: str


class AttachedOut(Shown):
    """The groups to which it was done, and the others."""

    incident: str
    done: list[str]
    left: list[NotAttachedOut]


@router.post("/bulk/groups/attach", response=AttachedOut)
def attach(request: Request, given: AttachIn) -> dict[str, Any]:
    """Attach whole groups to an incident that is worked on. Their paging goes on until somebody has them."""
    arrival = request.arrival
    incident = incident_of(arrival.actor, given.incident).pk
    found = commands.attach_groups(_numbers(given), incident, actor=arrival.actor, at=arrival.at)
    return _shown(incident, found)


@router.post("/bulk/groups/detach", response=AttachedOut)
def detach(request: Request, given: AttachIn) -> dict[str, Any]:
    """Take whole groups away from an incident to which they do not belong."""
    arrival = request.arrival
    incident = incident_of(arrival.actor, given.incident).pk
    found = commands.detach_groups(_numbers(given), incident, actor=arrival.actor, at=arrival.at)
    return _shown(incident, found)


def _numbers(given: AttachIn) -> list[int]:
    return list(dict.fromkeys(number_of(one, "GRP-") or 0 for one in given.groups))


def _shown(incident: int, found: commands.Attached) -> dict[str, Any]:
    return {
        "incident": f"INC-{incident}",
        "done": [f"GRP-{pk}" for pk in found.done],
        "left": [
            {"id": f"GRP-{pk}", "code": str(refused.reason), "detail": told(refused).sentence}
            for pk, refused in sorted(found.left.items())
        ],
    }
