"""The report on noise as programs and spreadsheets take it."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from muster.core.noise import Cost, Feedback, Stretch
from muster.core.remedies import Suggestion
from muster.review.noise import words
from muster.review.noise.effects import Effect
from muster.review.noise.report import Line

Dict = dict[str, Any]

_COUNTS = (
    *("fired", "paged", "interruptions", "persons", "nights", "acknowledged", "unacted"),
    *("closed", "by_itself", "incidents"),
)
COLUMNS = (
    "alert",
    "title",
    "service",
    "integration",
    *_COUNTS,
    *(one.value for one in Feedback),
    "suggestions",
)
"""The columns of a spreadsheet."""
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""


def cost_json(cost: Cost) -> Dict:
    """What some alerts cost: counts only, so that no share stands without them."""
    return {name: getattr(cost, name) for name in _COUNTS} | {
        "feedback": {one.value: cost.feedback.get(one, 0) for one in Feedback}
    }


def line_json(line: Line) -> Dict:
    """One kind of alert, named by its newest."""
    pattern = line.pattern
    return {
        "alert": f"ALR-{pattern.newest.alert}",
        "title": pattern.title,
        "service": pattern.service,
        "integration": pattern.integration or None,
        **cost_json(line.cost),
        "suggestions": [suggestion_json(one) for one in line.suggestions],
    }


def suggestion_json(one: Suggestion) -> Dict:
    """A suggestion with its reason, and the rule that it would make; `mark` changes with the rule."""
    return {
        "remedy": one.remedy.value,
        "proposal": words.proposal(one),
        "reason": words.reason(one),
        "hits": one.hits,
        "of": one.of,
        "spares": one.spares,
        "mark": one.mark,
        "kind": one.kind.value,
        "matchers": [str(matcher) for matcher in one.matchers],
        "fields": dict(one.fields),
        "lasts_days": one.lasts.days if one.lasts is not None else None,
    }


def effect_json(one: Effect) -> Dict:
    """A rule that was made from a suggestion, before and after."""
    row = one.rule
    return {
        "rule": row.handle,
        "name": row.name,
        "why": row.why,
        "author": row.author.handle if row.author is not None else None,
        "made_at": one.made_at,
        "retired_at": row.retired_at,
        "measure": one.measure,
        "before": _stretch_json(one, one.before),
        "after": _stretch_json(one, one.after),
        "verdict": one.verdict.value,
        "sentence": str(words.VERDICTS[one.verdict]),
    }


def _stretch_json(one: Effect, stretch: Stretch) -> Dict:
    counted = one.counted(stretch)
    return {
        "days": round(stretch.lasted.total_seconds() / 86_400, 2),
        "counted": counted,
        "per_week": round(stretch.per_week(counted), 2),
        **cost_json(stretch.cost),
    }


def as_csv(lines: Iterable[Line]) -> str:
    """The lines as a spreadsheet takes them (RFC 4180); no cell is a formula."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for line in lines:
        told = line_json(line)
        told |= told["feedback"] | {"suggestions": "; ".join(_said(one) for one in told["suggestions"])}
        writer.writerow([_cell(told[name]) for name in COLUMNS])
    return sheet.getvalue()


def _said(one: Mapping[str, Any]) -> str:
    return f"{one['proposal']} ({one['reason']})"


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(_RISKY):
        return f"'{value}"
    return "" if value is None else value
