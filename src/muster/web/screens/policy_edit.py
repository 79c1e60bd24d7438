"""The policy editor: a form for phones too, and what the ladder would do, before it is saved (B9, R40).

Every button posts the whole form, so it works without scripts; with them only what changed is swapped. It
saves by the same command as the API and `muster apply`.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from muster.core.permissions import Actor, Right, require
from muster.core.policy import MOST_STEPS
from muster.core.refusal import Refused
from muster.foundation.access.requests import Request
from muster.foundation.catalog.handles import handle_of
from muster.foundation.catalog.models import Team
from muster.foundation.timeline.refusals import told
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.plans import preview
from muster.mobilize.escalation.queries import policy_of
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.escalation.showing import shown_versions, shown_weaknesses, spec_by_handle
from muster.web.screens import policy_targets
from muster.web.screens.parts import may, teams_of
from muster.web.screens.policies import asked, instant_field, lines, timezone_of
from muster.web.screens.policy_form import (
    POLICY_FIELDS,
    STEP_FIELDS,
    FormField,
    PolicyFields,
    StepFields,
    edited,
    fields_of,
    posted,
    write_removed,
)

Dict = dict[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """A new policy, of a team."""
    actor = request.arrival.actor
    teams = _mine(actor)
    if not teams:
        require(actor, Right.EDIT_TEAM)
    if request.method == "POST":
        return _posted(request, None, teams)
    form = PolicyFields(team=next((one.handle for one in teams if one.handle == request.GET.get("team")), ""))
    form.team = form.team or (teams[0].handle if teams else "")
    form.typed = {"repeat": "0", "then_after": "15m"}
    form.add()
    return _shown(request, None, form, teams)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, handle: str) -> HttpResponse:
    """Change a policy; ladders that are climbed now keep what they run."""
    actor = request.arrival.actor
    row = policy_of(actor, handle)
    require(actor, Right.EDIT_TEAM, team=row.team_id)
    if request.method == "POST":
        return _posted(request, row, _mine(actor))
    team = row.team.handle if row.team else ""
    return _shown(
        request, row, fields_of(row.name, team, row.version, spec_by_handle(row.spec)), _mine(actor)
    )


def _mine(actor: Actor) -> list[Team]:
    return [team for team in teams_of(actor) if may(actor, Right.EDIT_TEAM, team=team.pk)]


def _posted(request: Request, row: Policy | None, teams: list[Team]) -> HttpResponse:
    """Do what a button says, or save."""
    form = posted(request.POST, request.POST.getlist)
    verb, _sep, which = request.POST.get("do", "look").partition(":")
    if verb != "save":
        focus, said = edited(form, verb, which)
        return _shown(request, row, form, teams, {"focus": focus, "said": said})
    if not form.steps and not request.POST.get("empty"):
        stop = {
            "bold": _("It has no step: nobody but the organisation's fallback would be paged."),
            "text": _("Add a step, or save once more to keep it so."),
            "kind": "now",
        }
        return _shown(request, row, form, teams, {"fault": stop, "empty": True}, 422)
    try:
        saved = _save(request, row, form, teams)
    except Refused as refused:
        return _refused(request, row, form, teams, refused)
    messages.success(request, _("Saved as version %(version)s.") % {"version": saved.version})
    return HttpResponseRedirect(f"/settings/policies/{saved.handle}")


def _save(request: Request, row: Policy | None, form: PolicyFields, teams: list[Team]) -> Policy:
    actor, at = request.arrival.actor, request.arrival.at
    team = next((one.pk for one in teams if one.handle == form.team), None)
    if row is None:
        handle = handle_of(form.name, "policy")
        return commands.add_policy(
            actor=actor, at=at, handle=handle, name=form.name, spec=form.spec, team_id=team
        )
    changes: Dict = {"name": form.name, "spec": form.spec}
    return commands.change_policy(row.pk, changes, actor=actor, at=at, version=form.version)


def _refused(
    request: Request, row: Policy | None, form: PolicyFields, teams: list[Team], refused: Refused
) -> HttpResponse:
    words = told(refused)
    if row is not None and refused.reason == Escalate.CHANGED_MEANWHILE:
        banner = _conflict(row, form, request.arrival.actor)
    else:
        banner = {"bold": words.sentence, "kind": "now"}
    wrong = str(refused.detail.get("path", "")) if refused.reason == Escalate.SPEC_INVALID else ""
    extra = {"fault": banner, "wrong": wrong, "why": str(refused.detail.get("why", ""))}
    return _shown(request, row, form, teams, extra, words.status)


def _conflict(row: Policy, form: PolicyFields, actor: Actor) -> Dict:
    """Somebody was faster: nothing typed is lost, and the next save is made knowingly."""
    latest = shown_versions(row, actor)[0]
    form.version = row.version
    return {
        "bold": _("%(who)s saved version %(version)s while you were editing.")
        % {"who": latest["by"], "version": row.version},
        "text": _("Nothing of yours is lost, and nothing is saved yet. Saving again replaces their version."),
        "kind": "now",
        "action": {
            "label": _("Read theirs"),
            "url": f"/settings/policies/{row.handle}",
            "method": "get",
            "style": "line",
        },
    }


def _says(row: Policy | None, form: PolicyFields, teams: list[Team], actor: Actor, at: datetime) -> Dict:
    """What the ladder would do, and where it would let somebody down; or what it lacks to be one."""
    if any(not step.notify for step in form.steps):
        n = next(n for n, step in enumerate(form.steps, 1) if not step.notify)
        return {"waits": _("Step %(n)s notifies nobody yet. Search for whom it should page.") % {"n": n}}
    team = next((one for one in teams if one.handle == form.team), row.team if row else None)
    try:
        draft = Policy(team=team, spec=commands.checked_spec(form.spec, row.pk if row else None))
    except Refused as refused:
        path, why = (str(refused.detail.get(key, "")) for key in ("path", "why"))
        return {"waits": told(refused).sentence, "path": path, "why": why}
    return {
        "steps": lines(preview(draft, at), actor),
        "findings": [one["sentence"] for one in shown_weaknesses(draft, at)],
    }


def _shown(
    request: Request,
    row: Policy | None,
    form: PolicyFields,
    teams: list[Team],
    extra: Dict | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = request.arrival.actor, request.arrival.at
    more = {"focus": "", "said": "", "wrong": "", "why": "", "fault": None} | (extra or {})
    timezone = timezone_of(actor)
    at = asked(form.at, now, timezone)
    says = _says(row, form, teams, actor, at)
    known = policy_targets.drawn((target for step in form.steps for target in step.notify), actor)
    itself = row.handle if row else ""
    wrong = {more["wrong"] or says.get("path", ""): more["why"] or says.get("why", "")}
    context = {
        "head": _head(row),
        "url": f"/policies/{itself}/edit" if row else "/policies/new",
        "is_new": row is None,
        "version": form.version,
        "next_version": form.version + 1,
        "name": {"name": "name", "label": _("Name"), "value": form.name, "required": True},
        "team": {
            "name": "team",
            "label": _("Team"),
            "kind": "select",
            "options": [
                {"value": one.handle, "word": one.name, "chosen": one.handle == form.team} for one in teams
            ],
        },
        "steps": [_step(n, step, form, known, actor, itself, wrong) for n, step in enumerate(form.steps)],
        "fields": [_field(one, one.key, form.typed, wrong.get(one.key, "")) for one in POLICY_FIELDS],
        "more": len(form.steps) < MOST_STEPS,
        "removed": write_removed(form),
        "undo": _undo(form, actor),
        "at_shown": at,
        "instant": instant_field(form.at, timezone),
        "says": says,
    }
    return render(request, "screens/policy_edit.html", context | more, status=status)


def _head(row: Policy | None) -> Dict:
    trail: list[Dict] = [{"word": _("Escalation policies"), "url": "/settings/policies"}]
    if row is None:
        return {"title": _("Who is paged, and who next?"), "trail": [*trail, {"word": _("New policy")}]}
    trail += [{"word": row.name, "url": f"/settings/policies/{row.handle}"}, {"word": _("Edit")}]
    return {"title": _("Change who is paged next"), "trail": trail}


def _step(
    n: int,
    step: StepFields,
    form: PolicyFields,
    known: dict[str, Dict],
    actor: Actor,
    itself: str,
    wrong: dict[str, str],
) -> Dict:
    hits = policy_targets.found(step.find, actor, besides=step.notify, itself=itself) if step.find else []
    return {
        "key": step.key,
        "number": n + 1,
        "first": n == 0,
        "last": n == len(form.steps) - 1,
        "targets": [known.get(one, policy_targets.unknown(one)) for one in step.notify],
        "find": step.find,
        "hits": hits,
        "wrong": next((why for path, why in wrong.items() if path.startswith(f"steps.{n}.notify")), ""),
        "fields": [
            _field(
                one, f"{step.key}-{one.key}", step.typed, wrong.get(f"steps.{n}.{one.key}", ""), n, one.key
            )
            for one in STEP_FIELDS
        ],
    }


def _field(one: FormField, name: str, typed: dict[str, str], error: str, n: int = 0, key: str = "") -> Dict:
    return {
        "name": name,
        "label": str(one.later) if n and one.later else str(one.label),
        "kind": {"wait": "text", "number": "number", "check": "check"}[one.kind],
        "value": typed.get(one.key, ""),
        "hint": str(one.hint),
        "error": error,
        "list": "waits" if one.kind == "wait" else "",
    }


def _undo(form: PolicyFields, actor: Actor) -> str:
    if not form.removed:
        return ""
    last = form.removed[-1]
    drawn = policy_targets.drawn(last["step"]["notify"], actor)
    whom = ", ".join(str(one["word"]) for one in drawn.values())
    if not whom:
        return _("Step %(n)s is removed.") % {"n": last["at"] + 1}
    return _("Step %(n)s, which pages %(whom)s, is removed.") % {"n": last["at"] + 1, "whom": whom}
