"""How people read a report: the heading is the verdict, the metrics say what they measure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from muster.core.metrics import Figure, Omitted, Verdict
from muster.core.standard import Metric, Point, Statistic
from muster.review.lengths import figure_words, length, number_word
from muster.review.metrics.periods import Period

MEANING_WORDS: Mapping[str, Any] = {
    "detect": gettext_lazy("to detect"),
    "acknowledge": gettext_lazy("to acknowledge"),
    "mitigate": gettext_lazy("to mitigate"),
    "resolve": gettext_lazy("to resolve"),
    "between_failures": gettext_lazy("between failures"),
}
TOO_LONG_WORDS: Mapping[str, Any] = {
    "detect": gettext_lazy("Detecting takes too long."),
    "acknowledge": gettext_lazy("Acknowledging takes too long."),
    "mitigate": gettext_lazy("Mitigating takes too long."),
    "resolve": gettext_lazy("Resolving takes too long."),
}
POINT_WORDS: Mapping[Point, Any] = {
    Point.IMPACT_START: gettext_lazy("the start of impact"),
    Point.DETECTED: gettext_lazy("its detection"),
    Point.FIRST_PAGE_OR_ALERT: gettext_lazy("the first page or alert"),
    Point.ACKNOWLEDGED: gettext_lazy("the first answer of a person"),
    Point.DECLARED: gettext_lazy("the declaration"),
    Point.MITIGATED: gettext_lazy("the end of impact"),
    Point.RESOLVED: gettext_lazy("the resolution"),
    Point.NEXT_IMPACT_START_SAME_SERVICE: gettext_lazy("the next start of impact of the same service"),
}
STATISTIC_WORDS: Mapping[Statistic, Any] = {
    Statistic.MEAN: gettext_lazy("mean"),
    Statistic.MEDIAN: gettext_lazy("median"),
    Statistic.P90: gettext_lazy("nine in ten are faster"),
}
OMITTED_WORDS: Mapping[Omitted, Any] = {
    Omitted.NO_START: gettext_lazy("its start is not known"),
    Omitted.NO_STOP: gettext_lazy("its end is not known yet"),
    Omitted.STOP_BEFORE_START: gettext_lazy("it ends before it starts"),
    Omitted.LAST_OF_ITS_SERVICE: gettext_lazy("the last one of its service"),
}
VERDICT_STATES: Mapping[Verdict, str] = {
    Verdict.PASS: "met",
    Verdict.FAIL: "missed",
    Verdict.NO_TARGET: "none",
    Verdict.NO_FIGURE: "none",
}
COMPARED_FROM = 3
"""Fewer incidents than this are no trend."""


def heading(figures: Sequence[Figure], rules: Mapping[str, Metric]) -> str:
    """The verdict in a sentence: `Two of three targets met. Resolving takes too long.`"""
    judged = [one for one in figures if one.verdict in (Verdict.PASS, Verdict.FAIL)]
    if not judged:
        return _("No target could be measured yet.")
    met = sum(one.verdict is Verdict.PASS for one in judged)
    if met == len(judged):
        return ngettext("The one target is met.", "All %(n)s targets are met.", len(judged)) % {
            "n": len(judged)
        }
    said = _("%(met)s of %(all)s targets met.") % {
        "met": number_word(met) if met else _("None"),
        "all": number_word(len(judged)).lower(),
    }
    failed = [one for one in judged if one.verdict is Verdict.FAIL]
    worst = max(failed, key=_overrun)
    return " ".join([said, str(TOO_LONG_WORDS.get(rules[worst.name].meaning, ""))]).strip()


def _overrun(one: Figure) -> float:
    if one.chosen is None or not one.target_below:
        return 0.0
    return one.chosen / one.target_below


def definition(metric: Metric, statistic: Statistic) -> str:
    """What a metric measures: `From the start of impact to the resolution, mean.`"""
    return _("From %(start)s to %(stop)s, %(statistic)s.") % {
        "start": POINT_WORDS[metric.start],
        "stop": POINT_WORDS[metric.stop],
        "statistic": STATISTIC_WORDS[statistic],
    }


def note(one: Figure, before: Figure | None) -> str:
    """The target, and how it was in the stretch before, where both rest on enough incidents."""
    parts = [_("no target set")]
    if one.target_below is not None:
        parts = [_("target under %(target)s") % {"target": length(one.target_below)}]
    if before is not None and _compares(one, before) and one.chosen is not None and before.chosen is not None:
        parts.append(_compared(one.chosen - before.chosen))
    return ", ".join(parts)


def _compares(one: Figure, before: Figure) -> bool:
    return min(len(one.spans), len(before.spans)) >= COMPARED_FROM


def _compared(difference: timedelta) -> str:
    if abs(difference) < timedelta(seconds=1):
        return _("as before")
    words = _("%(by)s longer than before") if difference > timedelta() else _("%(by)s shorter than before")
    return words % {"by": length(abs(difference))}


def value(one: Figure) -> tuple[str, str]:
    """Figure and unit; a dash where there is none."""
    return figure_words(one.chosen) if one.chosen is not None else ("-", "")


def period_word(name: str) -> str:
    """A period as people read it: `Q3 2026`, `last 90 days`, `2026`."""
    if "-q" in name:
        year, quarter = name.split("-q")
        return _("Q%(quarter)s %(year)s") % {"quarter": quarter, "year": year}
    return _("Last %(days)s days") % {"days": name[:-1]} if name.endswith("d") else name


def span_words(period: Period, at: datetime) -> list[Any]:
    """From when to when, worded in the reader's zone."""
    until = period.until(at)
    return [{"at": period.start, "style": "day"}, _(" to "), {"at": until, "style": "day"}]
