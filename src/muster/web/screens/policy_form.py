"""The policy editor's form: what was typed as a policy, and a policy as fields; needs no script.

A further field of a step or of a policy is one line in `STEP_FIELDS` or `POLICY_FIELDS`: it is read from the
form, kept, shown, given to the command, and a fault in it is shown beside it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from muster.core.policy import MOST_STEPS

Dict = dict[str, Any]
_KEY: Final = re.compile(r"[a-z0-9]{1,8}")
_MOST_TARGETS: Final = 50
_MOST_REMOVED: Final = 20


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: its name in the configuration, and how people see it.

    `kind` is "wait" (15m), "number" or "check". `later` is its label in every step but the first.
    """

    key: str
    label: Any
    kind: str = "wait"
    hint: Any = ""
    later: Any = ""

    def value(self, typed: str) -> Any:
        """What the configuration says for what was typed; None leaves it unsaid.

        What cannot be read is left as it is: the command says where and why.
        """
        if self.kind == "check":
            return True if typed else None
        if self.kind == "number" and typed.isdecimal() and len(typed) < 7:
            return int(typed)
        return typed or None

    def typed(self, value: Any) -> str:
        """How a value of the configuration stands in the form."""
        if self.kind == "check":
            return "1" if value else ""
        return "" if value is None else str(value)


STEP_FIELDS: Final = (
    FormField(
        "after", gettext_lazy("Wait after the start"), later=gettext_lazy("Wait after the step before")
    ),
    FormField("in_hours", gettext_lazy("Wait on until working hours open"), "check"),
    FormField("until_covered", gettext_lazy("What can wait is held until somebody is on call"), "check"),
    FormField("in_turn", gettext_lazy("Each alert to the next of them in turn"), "check"),
    FormField("all_must_acknowledge", gettext_lazy("All of them must acknowledge"), "check"),
)
POLICY_FIELDS: Final = (
    FormField("repeat", gettext_lazy("Further rounds"), "number", gettext_lazy("0: climb it once")),
    FormField("then_after", gettext_lazy("Wait after the last step"), hint=gettext_lazy("15m unless said")),
    FormField(
        "acknowledged_for",
        gettext_lazy("Ask again who acknowledged, after"),
        hint=gettext_lazy("empty: never"),
    ),
    FormField("all_must_acknowledge", gettext_lazy("In every step all must acknowledge"), "check"),
)


@dataclass
class StepFields:
    """One step as it was typed. `key` stays its name wherever it moves; `find` is what is searched for."""

    key: str
    notify: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    find: str = ""

    @property
    def spec(self) -> Dict:
        """The step as configuration says it."""
        return {"notify": self.notify} | _said(STEP_FIELDS, self.typed)


@dataclass
class PolicyFields:
    """A policy as it was typed. `version` is the one that was opened; `removed` can be brought back."""

    name: str = ""
    team: str = ""
    version: int = 0
    at: str = ""
    steps: list[StepFields] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    removed: list[Dict] = field(default_factory=list)

    @property
    def spec(self) -> Dict:
        """The policy as configuration says it."""
        return {"steps": [step.spec for step in self.steps]} | _said(POLICY_FIELDS, self.typed)

    def index(self, key: str) -> int:
        """Where the step with this key stands; -1 when it is not there."""
        return next((n for n, step in enumerate(self.steps) if step.key == key), -1)

    def add(self) -> StepFields:
        """A further step, 15 minutes after the last one."""
        taken = {step.key for step in self.steps} | {one["step"]["key"] for one in self.removed}
        key = next(f"s{n}" for n in range(1, 999) if f"s{n}" not in taken)
        step = StepFields(key, typed={"after": "15m" if self.steps else "0s"})
        self.steps.append(step)
        return step


def _said(fields: tuple[FormField, ...], typed: Mapping[str, str]) -> Dict:
    values = {one.key: one.value(typed.get(one.key, "")) for one in fields}
    return {key: value for key, value in values.items() if value is not None}


def fields_of(name: str, team: str, version: int, spec: Mapping[str, Any]) -> PolicyFields:
    """A policy as fields; `spec` has its targets by handle."""
    steps = [
        StepFields(
            f"s{n}", list(step["notify"]), {one.key: one.typed(step.get(one.key)) for one in STEP_FIELDS}
        )
        for n, step in enumerate(spec["steps"], 1)
    ]
    typed = {one.key: one.typed(spec.get(one.key)) for one in POLICY_FIELDS}
    return PolicyFields(name, team, version, steps=steps, typed=typed)


def posted(data: Mapping[str, Any], many: Callable[[str], list[str]]) -> PolicyFields:
    """What a form says; `many(name)` gives all values of a name."""
    keys = [key for key in dict.fromkeys(many("step")) if _KEY.fullmatch(key)][:MOST_STEPS]
    version = str(data.get("version", ""))
    return PolicyFields(
        name=_text(data, "name"),
        team=_text(data, "team"),
        version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        at=_text(data, "at"),
        steps=[
            StepFields(
                key,
                list(dict.fromkeys(many(f"{key}-notify")))[:_MOST_TARGETS],
                {one.key: _text(data, f"{key}-{one.key}") for one in STEP_FIELDS},
                _text(data, f"{key}-find"),
            )
            for key in keys
        ],
        typed={one.key: _text(data, one.key) for one in POLICY_FIELDS},
        removed=_removed(_text(data, "removed")),
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    return str(data.get(name, "")).strip()


def _removed(written: str) -> list[Dict]:
    """The steps that were taken out, as `write_removed` wrote them; none, of anything else."""
    try:
        return [
            {"at": int(one["at"]), "step": _checked_step(one["step"])} for one in json.loads(written or "[]")
        ][-_MOST_REMOVED:]
    except (ValueError, TypeError, KeyError):
        return []


def _checked_step(step: Any) -> Dict:
    key = str(step["key"])
    if not _KEY.fullmatch(key):
        raise ValueError("no step's key")
    typed = {one.key: str(step["typed"].get(one.key, "")) for one in STEP_FIELDS}
    return {"key": key, "notify": [str(one) for one in step["notify"]][:_MOST_TARGETS], "typed": typed}


def write_removed(form: PolicyFields) -> str:
    """What the form carries along of the steps that were taken out."""
    return json.dumps(form.removed)


# What a button does to the form. Each returns the id of the element that has the focus next, and a sentence.


def edited(form: PolicyFields, verb: str, which: str) -> tuple[str, str]:
    """Do what a button says; a verb that is unknown, or a step that is gone, changes nothing."""
    key, _sep, target = which.partition(":")
    n = form.index(key)
    if verb == "add" and len(form.steps) < MOST_STEPS:
        step = form.add()
        return f"{step.key}-find", _("Step %(n)s is added.") % {"n": len(form.steps)}
    if verb == "undo" and form.removed:
        return _undone(form)
    if n < 0:
        return "", ""
    if verb in {"up", "down"}:
        return _moved(form, n, verb)
    if verb == "remove":
        step = form.steps.pop(n)
        form.removed.append({"at": n, "step": {"key": step.key, "notify": step.notify, "typed": step.typed}})
        return "undo", _("Step %(n)s is removed.") % {"n": n + 1}
    return _targeted(form.steps[n], verb, target)


def _moved(form: PolicyFields, n: int, verb: str) -> tuple[str, str]:
    to = n + (1 if verb == "down" else -1)
    if not 0 <= to < len(form.steps):
        return "", ""
    form.steps[n], form.steps[to] = form.steps[to], form.steps[n]
    # At an end the button that was pressed is gone: its neighbour has the focus.
    stays = {"up": to > 0, "down": to < len(form.steps) - 1}[verb]
    other = {"up": "down", "down": "up"}[verb]
    focus = f"{form.steps[to].key}-{verb if stays else other}"
    return focus, _("Step %(before)s is now step %(after)s.") % {"before": n + 1, "after": to + 1}


def _undone(form: PolicyFields) -> tuple[str, str]:
    last = form.removed.pop()
    step = StepFields(**last["step"])
    n = max(0, min(last["at"], len(form.steps)))
    if form.index(step.key) < 0 and len(form.steps) < MOST_STEPS:
        form.steps.insert(n, step)
    return f"{step.key}-remove", _("Step %(n)s is back.") % {"n": n + 1}


def _targeted(step: StepFields, verb: str, target: str) -> tuple[str, str]:
    if verb == "pick" and target and target not in step.notify:
        step.notify.append(target)
        step.find = ""
    if verb == "drop" and target in step.notify:
        step.notify.remove(target)
    return f"{step.key}-find", ""
