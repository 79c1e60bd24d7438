"""Event kinds of restore; those of the incident itself are evaluate's."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind
from muster.restore.words import CHECK_WORDS


def _check(facts: Mapping[str, Any]) -> dict[str, Any]:
    name = str(facts["check"])
    return {"check": CHECK_WORDS.get(name, name)}


KINDS = (
    Kind("gate_tick.stated", lambda p: _("stated: %(check)s") % _check(p), "list-checks"),
    Kind("gate_tick.withdrawn", lambda p: _("took back: %(check)s") % _check(p), "undo-2"),
)
