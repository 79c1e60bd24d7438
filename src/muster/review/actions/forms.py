"""What the forms of action items say, read; whether it may be is the commands' to say."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from muster.core.action_items import ActionRefusal
from muster.core.obligations import action_item_limit
from muster.core.refusal import Refused
from muster.core.review import ReviewRefusal
from muster.evaluate.models import Incident
from muster.foundation.timeline.refusals import told
from muster.respond.warroom.queries import standard_of
from muster.review.actions.commands import Wanted
from muster.review.actions.reasons import Acting
from muster.review.showing import local_instant, local_text

_FIELD_OF: Mapping[StrEnum, str] = {
    Acting.TITLE_NEEDED: "what",
    Acting.OWNER_UNKNOWN: "owner",
    Acting.OWNER_MAY_NOT_SEE: "owner",
    ReviewRefusal.OWNER_NEEDED: "owner",
    ReviewRefusal.UNKNOWN_TAG: "kind",
    ActionRefusal.DUE_TOO_LATE: "due",
    ActionRefusal.DUE_IN_THE_PAST: "due",
    ActionRefusal.REASON_NEEDED: "why",
}


class Unreadable(ValueError):
    """A field of a form that says nothing we understand: `errors` by field name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = dict(errors)


def wanted(given: Mapping[str, str], *, timezone: str, latest: datetime | None) -> Wanted:
    """Read the form; the day of `latest` means `latest` itself. Raises `Unreadable` when the day is none."""
    owner = given.get("owner", "").strip()
    return Wanted(
        title=given.get("what", ""),
        owner=int(owner) if owner.isdecimal() and len(owner) < 19 else None,
        tag=given.get("kind", ""),
        due_at=_due(given.get("due", ""), timezone, latest),
        ticket=given.get("ticket", "")[:300],
    )


def latest_day(incident: Incident, created_at: datetime) -> datetime | None:
    """The latest instant that the incident's Standard allows for its severity."""
    return action_item_limit(standard_of(incident), incident.severity, created_at=created_at)


def _due(text: str, timezone: str, latest: datetime | None) -> datetime | None:
    """The end of the day that a field names, or what is left of the last day that there is."""
    try:
        due_at = local_instant(text, timezone)
    except (ValueError, OverflowError):
        raise Unreadable({"due": _("This is no day.")}) from None
    if due_at is not None and latest is not None and latest < due_at:
        is_last_day = local_text(latest, timezone)[:10] == text.strip()[:10]
        return latest if is_last_day else due_at
    return due_at


def errors_of(refused: Refused) -> dict[str, str]:
    """A refusal beside the field that it is about.

    Raises:
        Refused: it is about none of them.
    """
    field = _FIELD_OF.get(refused.reason)
    if field is None:
        raise refused
    return {field: told(refused).sentence}
