"""The storm as a picture: a lane for each service, what was changed before it and the first page marked."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.storm import Lane, LaneKind, ticks_of
from muster.core.wallclock import format_duration
from muster.mobilize.escalation.storm import StormReport

Dict = dict[str, Any]

_WORDS = 32
"""So many letters of a change fit beside its line."""


def picture(report: StormReport, address: Callable[[str], str]) -> Dict | None:
    """What `{% storm %}` draws; None where nothing came. `address` is where a service's groups are listed."""
    made, window = report.made, report.window
    if not made.lanes:
        return None
    every = [*made.lanes, *([made.rest] if made.rest is not None else [])]
    step = format_duration(window.step)
    return {
        "start": window.start,
        "end": window.start + window.steps * window.step,
        "ticks": ticks_of(window),
        "step": _("alerts each %(step)s") % {"step": step},
        "summary": _("Alerts by service, each %(step)s. The same as numbers stand below.") % {"step": step},
        "marks": _marks(report),
        "lanes": [_lane(one, report, address) for one in every],
        "numbers": {
            "head": [
                _("Service"),
                _("First seen"),
                _("Alerts"),
                _("Held back"),
                _("Need somebody"),
            ],
            "rows": [_line(one, report) for one in every],
        },
    }


def _name(lane: Lane, report: StormReport) -> str:
    if lane.service is None:
        words = ngettext("%(n)s more service", "%(n)s more services", lane.services)
        return words % {"n": lane.services}
    return report.name(lane.service) or _("not for you")


def _lane(lane: Lane, report: StormReport, address: Callable[[str], str]) -> Dict:
    handle = report.name(lane.service)
    first = report.made.first
    return {
        "name": _name(lane, report),
        "url": address(handle) if handle else "",
        "loud": lane.kind is not LaneKind.HELD and lane.service is not None,
        "kind": lane.kind.value,
        "counts": lane.filled,
        "held": lane.hollow,
        "began": first is not None and lane.service == first.service,
        "said": _said(lane),
    }


def _said(lane: Lane) -> str:
    """A lane in words: what the shapes and colours say, too."""
    words = {
        LaneKind.NOW: _("needs somebody"),
        LaneKind.HAD: _("somebody has them"),
        LaneKind.HELD: _("all held back"),
    }
    count = ngettext("%(n)s alert", "%(n)s alerts", lane.alerts) % {"n": lane.alerts}
    return f"{count}, {words[lane.kind]}"


def _line(lane: Lane, report: StormReport) -> list[Any]:
    return [_name(lane, report), lane.first_at, lane.alerts, lane.held, lane.waiting]


def _marks(report: StormReport) -> list[Dict]:
    marks: list[Dict] = []
    change = report.change
    if change is not None:
        word = change.summary if len(change.summary) <= _WORDS else f"{change.summary[: _WORDS - 1]}…"
        marks.append({"at": change.changed_at, "timed": True, "word": word, "kind": "deploy"})
    if report.sent.first_at is not None:
        marks.append({"at": report.sent.first_at, "timed": True, "word": _("first page"), "kind": "page"})
    return marks
