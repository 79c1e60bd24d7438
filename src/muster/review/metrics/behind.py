"""The incidents behind one number of a report, as rows: how long each took, and why others were left out."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.metrics import Count, Figure
from muster.evaluate.models import Incident
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.words import label
from muster.review.lengths import length
from muster.review.metrics import words
from muster.review.metrics.load import Promise
from muster.review.metrics.queries import Measured
from muster.review.showing import Dict

Found = tuple[str | None, list[Dict]]


def groups_behind(number: str, found: Measured, kept: Sequence[Promise]) -> Found:
    """The heading and the groups of rows behind a number; no heading where there is no such number."""
    kind, _colon, word = number.partition(":")
    if not word:
        figures = {one.name: one for one in found.report.figures}
        return _figure(figures[number], found) if number in figures else (None, [])
    if kind == "promise":
        promise = next((one for one in kept if one.kind == word), None)
        return _promise(promise, found) if promise is not None else (None, [])
    counts = {
        "severity": found.report.by_severity,
        "service": found.report.by_service,
        "cause": found.report.top_causes,
    }
    one = next((count for count in counts.get(kind, ()) if count.word == word), None)
    return _count(one, found) if one is not None else (None, [])


def _figure(figure: Figure, found: Measured) -> Found:
    value, unit = words.value(figure)
    title = " ".join([figure.name, value, unit]).strip()
    lengths = sorted(figure.spans, key=lambda span: span.length, reverse=True)
    rows = [_row(found.incidents[span.incident], length(span.length)) for span in lengths]
    left_out = [
        _row(found.incidents[number], str(words.OMITTED_WORDS[why])) for number, why in figure.omitted
    ]
    second = words.definition(found.rules.definitions[figure.name], found.rules.statistic)
    groups = [
        {"title": _("Counted"), "second": second, "rows": rows},
        {"title": _("Left out"), "second": _("and why"), "rows": left_out},
    ]
    return title, [group for group in groups if group["rows"]]


def _count(count: Count, found: Measured) -> Found:
    said = ngettext("%(n)s incident: %(word)s", "%(n)s incidents: %(word)s", count.count)
    title = said % {"n": count.count, "word": count.word}
    return title, [{"title": _("Counted"), "rows": _rows(found, count.incidents)}]


def _rows(found: Measured, numbers: Iterable[int]) -> list[Dict]:
    return [_row(found.incidents[number], _took(found.incidents[number])) for number in numbers]


def _took(incident: Incident) -> str:
    if incident.resolved_at is None:
        return _("not resolved yet")
    start = incident.impact_started_at or incident.declared_at
    return _("resolved in %(length)s") % {"length": length(max(incident.resolved_at - start, timedelta()))}


def _promise(promise: Promise, found: Measured) -> Found:
    said = _("%(what)s: %(kept)s of %(due)s in time")
    title = said % {"what": label(promise.kind), "kept": promise.kept, "due": promise.due}
    rows = [_broken(row, found) for row in promise.broken]
    return title, [{"title": _("Not in time"), "rows": rows}] if rows else []


def _broken(row: Obligation, found: Measured) -> Dict:
    """How late it was, or that it is not done yet; the incident is named where it is among those counted."""
    late = _("not done yet")
    if row.met_at is not None and row.due_at is not None:
        late = _("%(length)s late") % {"length": length(row.met_at - row.due_at)}
    incident = found.incidents.get(row.incident or 0)
    if incident is not None:
        return _row(incident, late)
    where = {"title": f"INC-{row.incident}", "url": f"/incidents/INC-{row.incident}"} if row.incident else {}
    return {"title": label(row.kind, row.audience), "end": late} | where


def _row(incident: Incident, end: str) -> Dict:
    return {
        "title": incident.title,
        "url": f"/incidents/{incident.public_id}",
        "second": [incident.public_id, ", ", {"at": incident.declared_at, "style": "short"}],
        "glyph": {"severity": incident.severity, "open": False},
        "end": end,
    }
