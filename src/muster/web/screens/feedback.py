"""Was an alert worth it: what people say of it afterwards, and the form for one's own word."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from muster.core.noise import Feedback
from muster.core.permissions import Actor, Right
from muster.detect.models import Alert
from muster.detect.queries import alert_of
from muster.evaluate import commands
from muster.evaluate.models import AlertFeedback
from muster.evaluate.words import FEEDBACKS
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import every
from muster.web.screens.parts import may

Dict = dict[str, Any]


def feedback_card(alert: Alert, given: Sequence[AlertFeedback], actor: Actor) -> Dict:
    """What people say of an alert, and the form, for those who may say something."""
    mine = next((row for row in given if row.person_id == actor.id), None)
    return {
        "said": [_said(row) for row in given],
        "form": _form(alert, mine, actor) if may(actor, Right.REPORT) else None,
    }


def feedback_subjects(actor: Actor, alert: Alert) -> list[str]:
    """Where the timeline keeps what people said of an alert, and took back."""
    rows = AlertFeedback.objects.visible_to(actor).filter(alert=alert)
    return [row.subject for row in rows]


def _said(row: AlertFeedback) -> Dict:
    word = str(FEEDBACKS[Feedback(row.said)])
    belongs = _("belongs to %(service)s") % {"service": row.target.name} if row.target else ""
    return {"person": row.person.name, "word": word, "second": belongs}


def _form(alert: Alert, mine: AlertFeedback | None, actor: Actor) -> Dict:
    said = mine.said if mine is not None else ""
    target = mine.target_id if mine is not None else None
    services = [row for row in every(Service, actor=actor) if row.pk != alert.service_id]
    options = [{"value": row.handle, "word": row.name, "chosen": row.pk == target} for row in services]
    return {
        "url": f"/alerts/{alert.public_id}/feedback",
        "taken": mine is not None,
        "tiles": {
            "legend": _("What was %(alert)s?") % {"alert": alert.public_id},
            "name": "said",
            "wrap": True,
            "options": [
                {"value": one.value, "word": str(FEEDBACKS[one]), "chosen": one == said} for one in Feedback
            ],
        },
        "target": {
            "name": "service",
            "label": _("If it went to the wrong target: whose is it?"),
            "kind": "select",
            "options": [{"value": "", "word": _("I do not know"), "chosen": not target}, *options],
        },
    }


@require_POST
def give(request: Request, public_id: str) -> HttpResponse:
    """Say what an alert was, or take it back; then the alert again.

    Raises:
        Refused: there is no such alert for this actor, they may not, or the word is none of ours.
    """
    actor, at = request.arrival.actor, request.arrival.at
    alert = alert_of(actor, public_id)
    said = request.POST.get("said", "")
    if request.POST.get("do") == "withdraw":
        commands.withdraw_feedback(alert.pk, actor=actor, at=at)
        messages.success(request, _("Taken back."))
    else:
        target = request.POST.get("service", "") if said == Feedback.WRONG_TARGET else ""
        commands.give_feedback(alert.pk, said, actor=actor, at=at, target=target)
        messages.success(request, _("Kept. It counts in the report on noise."))
    return HttpResponseRedirect(f"/alerts/{alert.public_id}#feedback")
