"""What the forms of the room ask, and which command each sends (no rule lives here)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from muster.core.roles import COMMANDER
from muster.core.severity import parse_severity
from muster.core.standard.severities import Impact, Scope
from muster.evaluate.commands import change_severity
from muster.evaluate.models import Incident
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Customer, Service
from muster.mobilize.escalation.commands import page_target
from muster.respond.warroom import commands
from muster.respond.warroom.asking import Ask, form_view, person_options, select_field, text_field
from muster.respond.warroom.commands import ImpactSaid
from muster.respond.warroom.queries import document_of, open_handover, person_in_use, standard_of
from muster.respond.warroom.showing import Dict, options

IMPACT_WORDS = (
    (Impact.COMPLETE, lazy("Complete loss")),
    (Impact.DEGRADED, lazy("Degraded")),
    (Impact.INCONVENIENCE, lazy("Annoyance")),
)
SCOPE_WORDS = (
    (Scope.WIDESPREAD, lazy("Widespread")),
    (Scope.LIMITED, lazy("Limited")),
    (Scope.MINIMAL, lazy("Minimal")),
)


def _handover_fields(request: Request, incident: Incident) -> list[Dict]:
    standing = open_handover(incident.pk)
    chosen = standing.incoming.handle if standing is not None else ""
    people = [
        one | {"chosen": one["value"] == chosen} for one in person_options(besides=incident.commander_id)
    ]
    report = standing.report if standing is not None else incident.summary
    return [
        select_field("to", _("To whom"), people, required=True),
        text_field(
            "report", _("Situation report"), rows=8, value=report, hint=_("Conditions, actions, needs")
        ),
    ]


def _hand_over(request: Request, incident: Incident) -> str:
    arrival = request.arrival
    person = person_in_use(request.POST.get("to", ""))
    report = request.POST.get("report", "")
    commands.offer_command(incident.pk, person.pk, actor=arrival.actor, at=arrival.at, report=report)
    return _("Handing over command to %(who)s.") % {"who": person.name}


def _take_fields(request: Request, incident: Incident) -> list[Dict]:
    standing = open_handover(incident.pk)
    hint = standing.report if standing is not None else ""
    words = _("Needed where a step was left out or the shadow time was short.")
    fields = [text_field("why", _("Why now"), rows=3, hint=words)]
    if hint:
        fields.insert(0, text_field("report", _("Situation report"), rows=6, value=hint))
    return fields


def _take(request: Request, incident: Incident) -> str:
    why = request.POST.get("why", "")
    commands.take_command(incident.pk, actor=request.arrival.actor, at=request.arrival.at, why=why)
    return _("You have command.")


def _role_fields(request: Request, incident: Incident) -> list[Dict]:
    roles = standard_of(incident).roles
    pairs = [
        (role, roles.definitions[role].title)
        for role in roles.in_use
        if role != COMMANDER or incident.commander_id is None
    ]
    return [
        select_field("role", _("Role"), options(pairs), required=True),
        select_field("to", _("To whom"), person_options(), required=True),
    ]


def _assign(request: Request, incident: Incident) -> str:
    arrival, role = request.arrival, request.POST.get("role", "")
    person = person_in_use(request.POST.get("to", ""))
    commands.assign_role(incident.pk, role, person.pk, actor=arrival.actor, at=arrival.at)
    known = standard_of(incident).roles.definitions.get(role)
    words = {"who": person.name, "role": known.title if known is not None else role}
    return _("%(who)s: %(role)s.") % words


def _severity_fields(request: Request, incident: Incident) -> list[Dict]:
    levels = standard_of(incident).severities
    pairs = [(name, f"{name}, {level.name}") for name, level in levels.items()]
    return [
        select_field("severity", _("Severity"), options(pairs, incident.severity), required=True),
        text_field("why", _("Why"), rows=3, hint=_("Needed when it becomes milder")),
    ]


def _change_severity(request: Request, incident: Incident) -> str:
    arrival = request.arrival
    level = parse_severity(request.POST.get("severity", ""), standard_of(incident))
    why = request.POST.get("why", "")
    change_severity(incident.pk, level, actor=arrival.actor, at=arrival.at, why=why)
    return _("The severity is %(level)s.") % {"level": level}


def _impact_fields(request: Request, incident: Incident) -> list[Dict]:
    blank = ("", _("Not stated"))
    return [
        text_field("title", _("Title, in words a customer would use"), value=incident.title, required=True),
        text_field(
            "summary",
            _("What customers see"),
            rows=4,
            value=incident.summary,
            hint=_("Begin with a figure if you have one: 62 % of checkouts fail"),
        ),
        select_field("impact", _("How bad"), options(_worded(blank, IMPACT_WORDS), incident.impact)),
        select_field("scope", _("For how many"), options(_worded(blank, SCOPE_WORDS), incident.scope)),
        text_field(
            "services",
            _("Services"),
            value=", ".join(
                Service.objects.filter(pk__in=incident.services).values_list("handle", flat=True)
            ),
            hint=_("Handles, with commas between them"),
        ),
        text_field(
            "customers",
            _("Customers"),
            value=", ".join(
                Customer.objects.filter(pk__in=incident.customers).values_list("handle", flat=True)
            ),
            hint=_("Handles, with commas between them. More than one makes it a major incident."),
        ),
    ]


def _worded(blank: tuple[str, str], pairs: Any) -> list[tuple[str, str]]:
    return [blank, *((value.value, str(word)) for value, word in pairs)]


def _say_impact(request: Request, incident: Incident) -> str:
    arrival, posted = request.arrival, request.POST
    said = ImpactSaid(
        summary=posted.get("summary", ""),
        impact=posted.get("impact") if posted.get("impact") in set(Impact) else None,
        scope=posted.get("scope") if posted.get("scope") in set(Scope) else None,
        services=_ids(Service, posted.get("services", "")),
        customers=_ids(Customer, posted.get("customers", "")),
    )
    commands.change_impact(incident.pk, said, actor=arrival.actor, at=arrival.at)
    title = posted.get("title", "").strip()
    if title and title != incident.title:
        commands.rename_incident(incident.pk, title, actor=arrival.actor, at=arrival.at)
    return _("Said what is affected.")


def _ids(model: type[Service] | type[Customer], text: str) -> tuple[int, ...]:
    """The live things that these handles name; an unknown one is left out."""
    names = [word.strip() for word in text.split(",")]
    known = dict(model.objects.filter(handle__in=names, retired_at__isnull=True).values_list("handle", "id"))
    return tuple(known[name] for name in names if name in known)


def _page_fields(request: Request, incident: Incident) -> list[Dict]:
    hint = _("person:ana, schedule:payments-primary, team:payments, position:cfo")
    return [
        text_field("target", _("Whom"), required=True, hint=hint),
        text_field("summary", _("What they should know"), rows=3, value=incident.title, required=True),
    ]


def _page(request: Request, incident: Incident) -> str:
    arrival, target = request.arrival, request.POST.get("target", "").strip()
    summary = request.POST.get("summary", "") or incident.title
    page_target(target, actor=arrival.actor, at=arrival.at, summary=summary, incident=incident.pk)
    return _("Paged %(target)s.") % {"target": target}


def _document_fields(request: Request, incident: Incident) -> list[Dict]:
    latest = document_of(request.arrival.actor, incident.pk)
    text = latest.body if latest is not None else ""
    return [
        text_field(
            "text",
            _("What we know"),
            rows=18,
            value=text,
            hint=_("A line that begins with # is a heading: Now, Cause, Ruled out, We do not know yet"),
        ),
        text_field(
            "based_on",
            _("Version that you read"),
            value=str(latest.number if latest is not None else 0),
            hint=_("Kept so that nobody's words are lost"),
        ),
    ]


def _write(request: Request, incident: Incident) -> str:
    arrival, read = request.arrival, request.POST.get("based_on", "")
    number = int(read[:9]) if read.isdecimal() else None
    commands.write_document(
        incident.pk, request.POST.get("text", ""), actor=arrival.actor, at=arrival.at, based_on=number
    )
    return _("Saved.")


handover = form_view(
    Ask(
        lazy("Hand over command"),
        lazy("Hand over"),
        _handover_fields,
        _hand_over,
        after=(
            lazy("Command stays with you until the other says: I have command."),
            lazy("The shadow time runs from now."),
        ),
    )
)
take = form_view(Ask(lazy("Take command"), lazy("I have command"), _take_fields, _take))
roles = form_view(Ask(lazy("Give somebody a role"), lazy("Give the role"), _role_fields, _assign))
severity = form_view(
    Ask(
        lazy("Change the severity"),
        lazy("Change it"),
        _severity_fields,
        _change_severity,
        after=(lazy("Updates and pages follow the new level from now on."),),
    )
)
impact = form_view(Ask(lazy("What is affected?"), lazy("Save"), _impact_fields, _say_impact))
page = form_view(Ask(lazy("Page somebody"), lazy("Page them now"), _page_fields, _page))
document = form_view(Ask(lazy("What we know"), lazy("Save"), _document_fields, _write))
