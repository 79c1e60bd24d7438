"""The only writer of the Standard's versions."""

from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.standard.document import parse
from muster.foundation.standard.models import StandardVersion
from muster.foundation.timeline.pen import command, record


@command
def publish_standard(
    body: str, *, actor: Actor, at: datetime, why: str = "", preset: str = ""
) -> StandardVersion:
    """Publish a new version, in force at once; incidents keep the version they were declared under.

    Raises:
        Refused: neither process owner nor admin.
        InvalidDocument: the text does not hold a complete, consistent Standard; names lines and reasons.
    """
    require(actor, Right.EDIT_STANDARD)
    parse(body)
    latest = StandardVersion.objects.select_for_update().order_by("-number").first()
    number = latest.number + 1 if latest is not None else 1
    columns = {"number": number, "body": body, "preset": preset, "published_at": at}
    facts = {"number": number, "preset": preset, "body": body}
    text = {"why": why} if why else {}
    return record(StandardVersion(), Change("standard.published", columns, facts, text), actor=actor, at=at)
