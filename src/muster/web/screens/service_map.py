"""The map around a service: five columns of boxes with their state in words, and the lines between them."""

import itertools
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.dependencies import Level, Line, State, lines_of
from muster.evaluate.dependencies import Around, Node
from muster.foundation.catalog.models import Configured

Dict = dict[str, Any]

_NAMED = 8
_TROUBLED = 8


def service_map(found: Around) -> Dict:
    """What `partials/map.html` draws, and what it says in sentences."""
    made = found.map
    middle = Level((made.service,))
    near, far = made.needs
    close, distant = made.needed_by
    columns = [
        (far, _("Two steps below")),
        (near, _("It needs")),
        (middle, _("This service")),
        (close, _("Needs it")),
        (distant, _("Two steps above")),
    ]
    shown = [(level, word) for level, word in columns if level.rows]
    return {
        "height": made.height,
        "columns": [_column(level, word, found) for level, word in shown],
        "gaps": [
            [_line(line, found) for line in lines_of(left, right, found.edges, made.height)]
            for (left, _word), (right, _other) in itertools.pairwise(shown)
        ],
        "alone": len(shown) == 1,
        "troubled": [
            *(_troubled(one, _("it stands on this")) for one in found.troubled_below[:_TROUBLED]),
            *(_troubled(one, _("this stands on it")) for one in found.troubled_above[:_TROUBLED]),
        ],
        "hit": _hit(found),
        "circle": _circle(found),
    }


def _column(level: Level, word: str, found: Around) -> Dict:
    more = ngettext("and %(n)s more", "and %(n)s more", level.more) % {"n": level.more} if level.more else ""
    return {
        "word": word,
        "boxes": [_box(found.nodes[pk], found) for pk in level.shown],
        "more": more,
    }


def _box(one: Node, found: Around) -> Dict:
    return {
        "name": one.service.name,
        "url": f"/services/{one.service.handle}",
        "state": one.state.value,
        "word": state_word(one),
        "self": one.service.pk == found.map.service,
        "red": one.state is State.MAJOR,
        "soon": one.state is State.PARTIAL,
    }


def state_word(one: Node) -> str:
    """How a service is, in a few words."""
    if one.incidents:
        first = one.incidents[0]
        return f"{first.severity}, {first.public_id}"
    if one.alerts:
        return ngettext("%(n)s open alert", "%(n)s open alerts", one.alerts) % {"n": one.alerts}
    if one.held:
        return ngettext("well, %(n)s held back", "well, %(n)s held back", one.held) % {"n": one.held}
    return _("well")


def _line(line: Line, found: Around) -> Dict:
    """A line is marked where what is needed is in trouble: by its stroke, not by its colour alone."""
    troubled = found.nodes[line.needed].state is not State.OPERATIONAL
    return {"y1": line.y1, "y2": line.y2, "troubled": troubled}


def _troubled(one: Node, how: str) -> Dict:
    return {
        "title": one.service.name,
        "url": f"/services/{one.service.handle}",
        "second": f"{state_word(one)}; {how}",
        "glyph": {"state": one.state.value},
        "chevron": True,
    }


def _hit(found: Around) -> list[Any]:
    """How far a failure would reach (R36): services, products, customers."""
    services = len(found.map.above)
    parts = [ngettext("%(n)s other service", "%(n)s other services", services) % {"n": services}]
    parts.append(_counted(found.products, ngettext("%(n)s product", "%(n)s products", len(found.products))))
    parts.append(
        _counted(found.customers, ngettext("%(n)s customer", "%(n)s customers", len(found.customers)))
    )
    if not services and not found.products and not found.customers:
        return [_("If it fails, nothing else is hit that the catalog knows of.")]
    return [{"bold": _("If it fails:")}, f" {', '.join(parts)}."]


def _counted(rows: Sequence[Configured], words: str) -> str:
    said = words % {"n": len(rows)}
    if not rows:
        return said
    named = ", ".join(row.name for row in rows[:_NAMED])
    return f"{said} ({named}{', …' if len(rows) > _NAMED else ''})"


def _circle(found: Around) -> str:
    names = sorted(found.nodes[pk].service.name for pk in found.map.circle)
    if not names:
        return ""
    words = _("It and %(names)s stand on each other.")
    return words % {"names": ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")}
