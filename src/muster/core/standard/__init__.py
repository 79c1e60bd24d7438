"""The Standard: the organisation's process as data (design section 8). Pure: text in, typed document out.

`parse` reads YAML, `to_yaml` writes it, `diff` compares two. The files of the presets lie in
`muster.foundation.standard.presets`, which loads them.
"""

from muster.core.standard.checks import MAJOR, Rule
from muster.core.standard.document import Difference, diff, parse, to_yaml
from muster.core.standard.learning import (
    Access,
    Flag,
    Metric,
    Metrics,
    Point,
    Postmortem,
    Statistic,
    Trigger,
)
from muster.core.standard.model import Standard
from muster.core.standard.people import ChangeRule, Role, Selection, Standing
from muster.core.standard.response import Checklist, ChecklistKind, Stage, Template
from muster.core.standard.severities import (
    Clock,
    Impact,
    PageHours,
    PostmortemRule,
    Room,
    Scope,
    Severity,
    Urgency,
)
from muster.core.typed_yaml import InvalidDocument, Problem

__all__ = [
    "MAJOR",
    "Access",
    "ChangeRule",
    "Checklist",
    "ChecklistKind",
    "Clock",
    "Difference",
    "Flag",
    "Impact",
    "InvalidDocument",
    "Metric",
    "Metrics",
    "PageHours",
    "Point",
    "Postmortem",
    "PostmortemRule",
    "Problem",
    "Role",
    "Room",
    "Rule",
    "Scope",
    "Selection",
    "Severity",
    "Stage",
    "Standard",
    "Standing",
    "Statistic",
    "Template",
    "Trigger",
    "Urgency",
    "diff",
    "parse",
    "to_yaml",
]
