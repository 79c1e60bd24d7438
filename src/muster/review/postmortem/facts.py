"""What nobody types in a postmortem: its facts and its figures, computed from the rows (R54)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muster.core.metrics import IncidentTimes, elapsed
from muster.core.obligations import Kind
from muster.core.review import impact_duration
from muster.core.standard import Metric, Point, Standard
from muster.foundation.access.models import Person
from muster.foundation.obligations.models import Obligation
from muster.review.lengths import length
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.outline import COMPUTED
from muster.review.showing import Dict, clock_dict

_FIGURES = ("MTTD", "MTTA", "MTTM", "MTTR")


def computed(row: Postmortem, standard: Standard, times: IncidentTimes) -> dict[str, str]:
    """What each computed section says, in the Standard's order; empty where it is not known yet."""
    people = Person.objects.in_bulk(row.reviewers)
    started = times.impact_started_at or times.declared_at
    total, felt = elapsed(times, Point.IMPACT_START, Point.RESOLVED), impact_duration(times)
    known = {
        "date": f"{started.astimezone(UTC):%Y-%m-%d}" if started else "",
        "duration": length(total) if total is not None else "",
        "severity": row.incident.severity,
        "author": row.author.name if row.author else "",
        "reviewers": ", ".join(people[id_].name for id_ in row.reviewers if id_ in people),
        "impact_duration": length(felt) if felt is not None else "",
    }
    return {
        name: known.get(name, "")
        for name in standard.postmortem.sections
        if name in COMPUTED and name != "action_items"
    }


def facts(row: Postmortem, standard: Standard, times: IncidentTimes) -> Dict:
    """The first section of the screen: everything computed, as a small table."""
    guides = standard.postmortem.section_guides
    rows = [
        (guides[name].title if name in guides else name, said or _("not known yet"))
        for name, said in computed(row, standard, times).items()
    ]
    if row.cause:
        rows.append((_("Cause, for reports"), row.cause))
    return {
        "key": "facts",
        "title": _("Facts"),
        "html": _table(rows),
        "text": "",
        "done": True,
        "prompt": "",
        "edit": False,
    }


def _table(rows: Sequence[tuple[str, str]]) -> SafeString:
    lines = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
    return format_html('<table class="table"><tbody>{}</tbody></table>', lines)


def figures(standard: Standard, times: IncidentTimes) -> list[Dict]:
    """How long it took to detect, answer, stop the harm and resolve, beside the targets."""
    found = []
    for name in _FIGURES:
        metric = standard.metrics.definitions.get(name)
        span = elapsed(times, metric.start, metric.stop) if metric else None
        if metric is not None and span is not None:
            found.append(_figure(metric, span))
    return found


def _figure(metric: Metric, span: timedelta) -> Dict:
    words = {
        "detect": _("Detect"),
        "acknowledge": _("Acknowledge"),
        "mitigate": _("Mitigate"),
        "resolve": _("Resolve"),
    }
    word = words.get(metric.meaning, metric.title)
    if metric.target_below is None:
        return {"word": word, "value": length(span), "note": _("no target")}
    return {
        "word": word,
        "value": length(span),
        "note": _("target under %(target)s") % {"target": length(metric.target_below)},
        "state": "met" if span < metric.target_below else "degraded",
    }


def clock_figures(owed: Sequence[Obligation], at: datetime) -> list[Dict]:
    """The nearest of the clocks that still run, as one more figure."""
    for row in owed:
        if row.due_at is not None:
            left = row.due_at - at
            late = _("%(length)s over") % {"length": length(-left)}
            label = clock_label(row.kind)
            return [
                {
                    "word": label,
                    "value": late if left < timedelta() else length(left),
                    "note": [{"at": row.due_at, "style": "short"}],
                    "clock": clock_dict(label, row.due_at, row.armed_at),
                }
            ]
    return []


def clock_label(kind: str) -> str:
    """What a clock counts down to."""
    labels: dict[str, str] = {
        Kind.POSTMORTEM_DRAFT_BY: _("Draft due"),
        Kind.POSTMORTEM_DONE_BY: _("Text due"),
        Kind.POSTMORTEM_MEETING_BY: _("Meeting due"),
    }
    return labels.get(kind, kind)
