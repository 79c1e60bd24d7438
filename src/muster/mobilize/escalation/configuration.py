"""`policies:` of the configuration file, in the form of design section 13."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from muster.core.policy import MOST_REPEATS, MOST_STEPS, parse_target
from muster.core.policy_form import STEP_FLAGS
from muster.core.wallclock import parse_duration
from muster.foundation.catalog.commands import restore, retire
from muster.foundation.catalog.configuration import TARGETS, Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.queries import (
    handles_of_targets,
    policy_of,
    target_by_handle,
    target_by_id,
)


@dataclass(frozen=True, slots=True)
class StepForm:
    """`{after: 15m, notify: [person:ben, team:payments]}`: the wait after the step before it, and whom.

    `in_hours: true` waits on until working hours open, `until_covered: true` until somebody is on call;
    `in_turn: true` notifies the next of them alone; with `all_must_acknowledge: true` nobody answers for
    another.
    """

    notify: tuple[str, ...]
    after: timedelta = timedelta(0)
    in_hours: bool | None = None
    until_covered: bool | None = None
    in_turn: bool | None = None
    all_must_acknowledge: bool | None = None


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """A policy. `repeat` is how many further rounds; `then_after` the wait after a round's last step.

    Whoever acknowledges is asked again after `acknowledged_for`.
    """

    handle: str
    name: str | None = None
    team: str | None = None
    steps: tuple[StepForm, ...] | None = None
    repeat: int | None = None
    then_after: timedelta | None = None
    acknowledged_for: timedelta | None = None
    all_must_acknowledge: bool | None = None


class PoliciesSection(Section[PolicyForm]):
    """Who is paged when nobody answers."""

    name = "policies"
    form = PolicyForm

    def check(self, wanted: PolicyForm, names: Names) -> Iterable[Wrong]:
        """Team and targets must be there; the ladder must be finite."""
        if wanted.team:
            yield from names.wrong("teams", wanted.team, "team")
        for index, step in enumerate(wanted.steps or ()):
            if not step.notify:
                yield Wrong(f"steps.{index}.notify", _("a step notifies somebody"))
            for place, target in enumerate(step.notify):
                yield from names.wrong_target(target, f"steps.{index}.notify.{place}", tuple(TARGETS))
        if len(wanted.steps or ()) > MOST_STEPS:
            yield Wrong("steps", _("a policy has at most %(most)s steps") % {"most": MOST_STEPS})
        if not 0 <= (wanted.repeat or 0) <= MOST_REPEATS:
            yield Wrong("repeat", _("a policy repeats 0 to %(most)s times") % {"most": MOST_REPEATS})

    def current(self) -> Mapping[str, Current[PolicyForm]]:
        """All policies."""
        handles = handles_of_targets()
        return {
            row.handle: Current(
                _form(row, handles), row.made_by, row.retired_at is not None, tuple(row.aliases)
            )
            for row in Policy.objects.select_related("team").order_by("handle")
        }

    def merge(self, current: PolicyForm, wanted: PolicyForm) -> PolicyForm:
        """A target by a handle it had before is the same target; false is the same as unsaid."""
        merged = super().merge(current, wanted)
        merged = replace(
            merged,
            all_must_acknowledge=merged.all_must_acknowledge or None,
            steps=tuple(replace(step, **_flags(step)) for step in merged.steps or ()),
        )
        if merged.steps == current.steps:
            return merged
        steps = tuple(
            replace(step, notify=tuple(_now_called(target) for target in step.notify))
            for step in merged.steps or ()
        )
        return replace(merged, steps=steps)

    def create(self, wanted: PolicyForm, applying: Applying) -> None:
        """Add the policy."""
        commands.add_policy(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            spec=_spec(wanted),
            team_id=by_handle(Team, wanted.team).pk if wanted.team else None,
            made_by="apply",
        )

    def change(self, handle: str, merged: PolicyForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs; running escalations keep what they run."""
        changes: dict[str, Any] = {"name": merged.name} if "name" in fields else {}
        if "team" in fields:
            changes["team_id"] = by_handle(Team, merged.team).pk if merged.team else None
        if fields & _SPEC:
            changes["spec"] = _spec(merged)
        policy = policy_of(applying.actor, handle)
        commands.change_policy(policy.pk, changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Retire the policy."""
        policy = policy_of(applying.actor, handle)
        retire(Policy, policy.pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Bring the policy back."""
        policy = policy_of(applying.actor, handle)
        restore(Policy, policy.pk, actor=applying.actor, at=applying.at)


_SPEC = {"steps", "repeat", "then_after", "acknowledged_for", "all_must_acknowledge"}


def _flags(step: StepForm) -> dict[str, Any]:
    return {flag: getattr(step, flag) or None for flag in STEP_FLAGS}


def _now_called(target: str) -> str:
    try:
        return str(target_by_id(target_by_handle(parse_target(target))))
    except LookupError:
        return target  # made by this very file, under this handle


def _form(row: Policy, handles: Mapping[str, str]) -> PolicyForm:
    return PolicyForm(
        handle=row.handle,
        name=row.name,
        team=row.team.handle if row.team else "",
        steps=tuple(
            StepForm(
                tuple(handles.get(target, target) for target in step["notify"]),
                parse_duration(step["after"]),
                **{flag: step.get(flag) for flag in STEP_FLAGS},
            )
            for step in row.spec["steps"]
        ),
        repeat=row.spec["repeat"],
        then_after=parse_duration(row.spec["then_after"]),
        acknowledged_for=parse_duration(held) if (held := row.spec.get("acknowledged_for")) else None,
        all_must_acknowledge=row.spec.get("all_must_acknowledge"),
    )


def _spec(form: PolicyForm) -> dict[str, Any]:
    steps = [
        {"after": step.after, "notify": list(step.notify)}
        | {flag: bool(getattr(step, flag)) for flag in STEP_FLAGS}
        for step in form.steps or ()
    ]
    return {
        "steps": steps,
        "repeat": form.repeat or 0,
        "then_after": form.then_after,
        "acknowledged_for": form.acknowledged_for,
        "all_must_acknowledge": bool(form.all_must_acknowledge),
    }
