"""The form of a rule: which fields each kind has, how they are drawn, and what somebody wrote in them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from muster.core.permissions import Actor
from muster.core.rule_form import FORMS, RuleKind
from muster.core.signals import SignalSeverity
from muster.core.urgency import Urgency
from muster.evaluate.models import Rule
from muster.evaluate.rule_showing import shown_fields, shown_matchers
from muster.evaluate.words import URGENCIES
from muster.foundation.access.queries import organisation
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import every
from muster.foundation.standard.queries import current

Dict = dict[str, Any]

_LISTS = frozenset({"services", "teams", "equal", "by"})
_FLAGS = frozenset({"drop", "last", "alike"})
_NUMBERS = frozenset({"times", "changes"})


def about(kind: RuleKind) -> str:
    """What a kind of rule is for, in one line."""
    words = {
        RuleKind.MAINTENANCE: _("Planned work: nobody is paged while it goes on, once or again and again."),
        RuleKind.INHIBITION: _("A worse alert that is open explains others: they page nobody."),
        RuleKind.EVENT: _("Set severity, text, labels, service or urgency; drop; declare an incident."),
        RuleKind.WAIT: _("What passes by itself within this time pages nobody."),
        RuleKind.COUNT: _("Page only after so many times within so long."),
        RuleKind.FLAPPING: _("What comes and goes again and again is held until it is still."),
        RuleKind.GROUPING: _("Gather alerts into one page, by their fields and texts."),
    }
    return words[kind]


def form_fields(kind: RuleKind, actor: Actor, row: Rule | None) -> list[Dict]:
    """The fields of the form, as they stand in a rule that is changed."""
    values = shown_fields(row.spec) if row is not None else {}
    fields: list[Dict] = [_name(row)] if row is not None else [_name(None), _handle()]
    fields.append(_matchers(kind, row))
    fields += [_own(name, actor, values.get(name)) for name in FORMS[kind].fields]
    fields.append(
        {
            "name": "why",
            "label": _("Why"),
            "required": True,
            "value": row.why if row is not None else "",
            "hint": _("Whoever looks for a missing page reads it."),
        }
    )
    fields.append(_position(row))
    return fields


def said(kind: RuleKind, posted: QueryDict) -> Dict:
    """What somebody wrote, as the command takes it."""
    fields = {name: _read(name, posted.get(name, "").strip()) for name in FORMS[kind].fields}
    position = posted.get("position", "").strip()
    return {
        "matchers": _lines(posted.get("matchers", ""))[:50],
        "fields": fields,
        "position": int(position) if position.isdecimal() and len(position) < 6 else 100,
    }


def _read(name: str, text: str) -> Any:
    if name in _LISTS:
        return [one.strip() for one in text.replace("\n", ",").split(",") if one.strip()]
    if name == "source":
        return _lines(text)
    if name == "labels":
        pairs = (line.partition("=") for line in _lines(text))
        return {label.strip(): value.strip() for label, _equals, value in pairs}
    if name in _FLAGS:
        return text == "yes"
    return int(text) if name in _NUMBERS and text.isdecimal() and len(text) < 9 else text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _name(row: Rule | None) -> Dict:
    value = row.name if row is not None else ""
    return {"name": "name", "label": _("Name"), "value": value, "placeholder": _("Sunday upgrades")}


def _handle() -> Dict:
    hint = _("Its name in files and decisions, for ever: a-z, 0-9 and -.")
    return {
        "name": "handle",
        "label": _("Handle"),
        "required": True,
        "placeholder": "sunday-upgrades",
        "hint": hint,
    }


def _position(row: Rule | None) -> Dict:
    return {
        "name": "position",
        "label": _("Position"),
        "value": row.position if row is not None else 100,
        "hint": _("Rules of a kind are asked in this order, the lowest first."),
    }


def _matchers(kind: RuleKind, row: Rule | None) -> Dict:
    labels = {
        RuleKind.MAINTENANCE: _("Only what matches, one matcher a line"),
        RuleKind.INHIBITION: _("What is held back, one matcher a line; all must match"),
    }
    return {
        "name": "matchers",
        "label": labels.get(kind, _("What, one matcher a line; all must match")),
        "kind": "textarea",
        "rows": 3,
        "code": True,
        "value": "\n".join(shown_matchers(row.matchers)) if row is not None else "",
        "placeholder": 'service="checkout"\nseverity="warning"',
        "hint": _("Fields: service, severity, summary, source, and labels. Also !=, =~ and !~."),
    }


def _own(name: str, actor: Actor, value: Any) -> Dict:
    """A field of the rule's own kind."""
    drawn = _FIELDS[name](actor)
    if "options" in drawn:
        chosen = "yes" if value is True else str(value or "")
        options = [option | {"chosen": option["value"] == chosen} for option in drawn["options"]]
        return {"name": name, "kind": "select"} | drawn | {"options": options}
    return {"name": name} | drawn | {"value": _written(value, drawn.get("value", ""))}


def _written(value: Any, otherwise: Any) -> Any:
    if value is None:
        return otherwise
    if isinstance(value, Mapping):
        return "\n".join(f"{label}={text}" for label, text in value.items())
    if isinstance(value, list):
        return ("\n" if any("=" in one for one in value) else ", ").join(value)
    return value


def _choice(label: str, words: Mapping[str, Any], nothing: str, **more: Any) -> Dict:
    options = [{"value": "", "word": nothing}, *({"value": key, "word": said} for key, said in words.items())]
    return {"label": label, "options": options, **more}


def _flag(label: str, **more: Any) -> Dict:
    return _choice(label, {"yes": _("Yes")}, _("No"), **more)


_FIELDS: Mapping[str, Callable[[Actor], Dict]] = {
    "starts": lambda actor: {
        "label": _("Begins, by the clock on the wall"),
        "required": True,
        "placeholder": "2026-01-31T02:00",
    },
    "lasts": lambda actor: {"label": _("How long"), "required": True, "placeholder": "2h"},
    "timezone": lambda actor: {
        "label": _("Time zone"),
        "required": True,
        "value": organisation().timezone,
    },
    "repeat": lambda actor: {
        "label": _("Again and again"),
        "placeholder": "FREQ=WEEKLY;BYDAY=SU",
        "hint": _("A rule of RFC 5545; empty: once."),
    },
    "services": lambda actor: {"label": _("On these services"), "placeholder": "checkout, orders-db"},
    "teams": lambda actor: {"label": _("On all services of these teams"), "placeholder": "payments"},
    "source": lambda actor: {
        "label": _("While one is open that matches these, one a line"),
        "kind": "textarea",
        "rows": 3,
        "code": True,
        "required": True,
        "placeholder": 'severity="critical"',
    },
    "equal": lambda actor: {
        "label": _("And has the same"),
        "placeholder": "cluster, service",
        "hint": _("Fields or labels; one that both lack is the same."),
    },
    "severity": lambda actor: _choice(_("Severity"), {one.value: one.value for one in SignalSeverity}, "–"),
    "summary": lambda actor: {"label": _("Text")},
    "labels": lambda actor: {
        "label": _("Labels, one a line"),
        "kind": "textarea",
        "rows": 2,
        "code": True,
        "placeholder": "owner=data",
    },
    "service": lambda actor: _choice(
        _("Service"), {row.handle: row.name for row in every(Service, actor=actor)}, "–"
    ),
    "urgency": lambda actor: _choice(_("Urgency"), {one.value: URGENCIES[one] for one in Urgency}, "–"),
    "declare": lambda actor: _choice(
        _("Declare an incident"), {name: name for name in current().standard.severities}, _("No")
    ),
    "drop": lambda actor: _flag(_("Drop it: nobody is ever paged")),
    "last": lambda actor: _flag(_("Ask no later rule")),
    "times": lambda actor: {"label": _("How many times"), "required": True, "placeholder": "5"},
    "within": lambda actor: {"label": _("Within"), "placeholder": "10m"},
    "changes": lambda actor: {
        "label": _("How often it came or went"),
        "required": True,
        "placeholder": "4",
    },
    "by": lambda actor: {
        "label": _("That have the same"),
        "placeholder": "cluster, alertname",
        "hint": _("Fields or labels."),
    },
    "alike": lambda actor: _flag(
        _("And whose texts read alike"), hint=_("The same words, but for numbers and names with numbers.")
    ),
}
