"""What I do to my ways of being reached: add, prove by a code, test, remove. Mine only (S56)."""

from importlib import resources

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from muster.core.proof import ProofAnswer
from muster.core.refusal import Refused
from muster.foundation.access import commands, contact_kinds
from muster.foundation.access.models import Contact
from muster.foundation.access.queries import contacts_of
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request
from muster.foundation.access.words import field_problem
from muster.mobilize.reach.commands import ask_for_code, give_code, send_test_pages
from muster.mobilize.reach.words import REFUSALS
from muster.web.screens.my_contacts import Refusal
from muster.web.screens.settings_me import shown

_BACK = "/settings/me"


@require_POST
def add_contact(request: Request, kind: str) -> HttpResponse:
    """Add a way to reach me, and send a code to it at once.

    Raises:
        Refused: this version lacks the kind.
    """
    form = contact_kinds.form_of(kind)
    if form is None:
        raise Refused(NotFound.CONTACT)
    said = {one.name: request.POST.get(f"{kind}-{one.name}", "").strip() for one in form.fields}
    values = contact_kinds.typed(form, {name: text for name, text in said.items() if text})
    labels = {one.name: _(one.label) for one in form.fields}
    wrong = {name: field_problem(problem, labels[name]) for name, problem in form.problems(values)}
    if wrong:
        return shown(request, refused=Refusal(kind, wrong, said))
    arrival = request.arrival
    person_id = arrival.actor.id or 0
    taken = {row.name for row in contacts_of([person_id])[person_id]}
    name = next(name for n in range(1, 100) if (name := kind if n == 1 else f"{kind}-{n}") not in taken)
    row = commands.put_contact(
        person_id,
        actor=arrival.actor,
        at=arrival.at,
        kind=kind,
        target=values,
        name=name,
        position=len(taken),
    )
    ask_for_code(row.pk, actor=arrival.actor, at=arrival.at)
    messages.success(request, _("Added. A code is on its way there: type it here to prove that it arrives."))
    return HttpResponseRedirect(_BACK)


@require_POST
def act_on_contact(request: Request, contact_id: int, verb: str) -> HttpResponse:
    """Have a code or a test page sent through a contact of mine, or remove it.

    Raises:
        Refused: it is not mine; or codes or test pages were asked for too often.
    """
    arrival = request.arrival
    person_id = arrival.actor.id or 0
    mine = Contact.objects.visible_to(arrival.actor).filter(person_id=person_id)
    if not mine.filter(pk=contact_id, retired_at__isnull=True).exists():
        raise Refused(NotFound.CONTACT)
    if verb == "code":
        ask_for_code(contact_id, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("A code is on its way."))
    elif verb == "test":
        send_test_pages(person_id, actor=arrival.actor, at=arrival.at, contact_id=contact_id)
        messages.success(request, _("A test page is on its way."))
    else:
        commands.retire_contact(contact_id, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("Removed."))
    return HttpResponseRedirect(_BACK)


@require_POST
def prove(request: Request, contact_id: int) -> HttpResponse:
    """Take the code that I typed; a wrong one is said at its field."""
    arrival = request.arrival
    verdict = give_code(contact_id, request.POST.get("code", "")[:40], actor=arrival.actor, at=arrival.at)
    if verdict is not ProofAnswer.RIGHT:
        wrong = {"code": str(REFUSALS[verdict][1])}
        return shown(request, refused=Refusal(f"code-{contact_id}", wrong))
    messages.success(request, _("Proved. Pages go there from now on."))
    return HttpResponseRedirect(_BACK)


@require_POST
def test_all(request: Request) -> HttpResponse:
    """Send me a test page through everything that is proved."""
    arrival = request.arrival
    sent = len(send_test_pages(arrival.actor.id or 0, actor=arrival.actor, at=arrival.at))
    words = ngettext("%(n)s test page is on its way.", "%(n)s test pages are on their way.", sent)
    messages.success(request, words % {"n": sent})
    return HttpResponseRedirect(_BACK)


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Our service worker, at the root so that it may speak for every page; never kept by a cache."""
    script = resources.files("muster.web").joinpath("static/js/sw.js").read_bytes()
    return HttpResponse(script, "text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})
