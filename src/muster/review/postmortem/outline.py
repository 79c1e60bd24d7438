"""The outline of a postmortem: which sections people write, and which say what the rows say (R54).

A duration is computed and never typed; who wrote and who reviewed is known. Such sections have no text of
their own. A Standard may have sections that we do not know: people write those.
"""

import re
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _

from muster.core.review import DraftSection
from muster.review.postmortem.models import PostmortemSection

COMPUTED: Final = frozenset(
    {"date", "duration", "severity", "author", "reviewers", "impact_duration", "action_items"}
)
_LISTED: Final = frozenset({"timeline", "actions_taken", "contributing_factors"})
_TIMELINE: Final = "timeline"
_UNWRITTEN: Final = re.compile(r"(?:[0-9]+\.|[-*#>])?")


def first_body(section: DraftSection) -> str:
    """The Markdown that a section begins with: one line each, or a list where moments are listed."""
    mark = "- " if section.id in _LISTED else ""
    head = [_("Times are UTC."), ""] if section.id == _TIMELINE and section.lines else []
    return "\n".join([*head, *(f"{mark}{line}" for line in section.lines)])


def is_written(body: str) -> bool:
    """Whether a section says something: empty numbers and bullets say nothing."""
    return any(not _UNWRITTEN.fullmatch(line.strip()) for line in body.splitlines())


def empty_sections(sections: Iterable[PostmortemSection]) -> list[str]:
    """The keys of those that say nothing yet."""
    return [section.key for section in sections if not is_written(section.body)]
