"""The Standard in force, to read: what each severity demands, and who does what."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from muster.core.standard import Impact, Scope, Standard
from muster.core.standard.severities import Severity
from muster.core.wallclock import format_duration
from muster.foundation.access.requests import Request
from muster.foundation.standard.queries import current


@require_safe
def standard(request: Request) -> HttpResponse:
    """The version in force. Its words are the organisation's own; only ours are translated."""
    version = current()
    body = version.standard
    context = {
        "head": {
            "title": _("Version %(n)s of the Standard is in force.") % {"n": version.number},
            "second": body.name,
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("The Standard")}],
        },
        "presets": [],
        "severities": [_severity(name, level) for name, level in body.severities.items()],
        "matrix": _matrix(body),
        "roles": [
            {
                "word": role.title,
                "duties": [role.summary],
                "never": list(role.anti_patterns.values()),
            }
            for role in body.roles.definitions.values()
        ],
        "sections": _sections(body),
    }
    return render(request, "settings/standard.html", context)


def _severity(name: str, level: Severity) -> dict[str, Any]:
    facts = [
        (_("Pages"), ", ".join(name.replace("_", " ") for name in level.page) or _("nobody")),
        (_("Answer within"), _length(level.acknowledge_within)),
        (_("Respond within"), _length(level.respond_within)),
        (_("Postmortem"), level.postmortem.value.replace("_", " ")),
    ]
    for stream, every in level.update_every.items():
        facts.append((_("Update, %(stream)s") % {"stream": stream.replace("_", " ")}, _every(every)))
    return {
        "severity": name,
        "name": level.name,
        "definition": level.definition,
        "examples": [said.rstrip(".") for said in level.examples.values()],
        "facts": [{"word": word, "value": value} for word, value in facts],
    }


def _length(length: timedelta | None) -> str:
    return format_duration(length) if length is not None else _("no rule")


def _every(length: timedelta) -> str:
    return _("every %(length)s") % {"length": format_duration(length)}


def _matrix(body: Standard) -> dict[str, Any]:
    scopes = list(Scope)
    return {
        "scopes": [scope.value.replace("_", " ") for scope in scopes],
        "rows": [
            {
                "word": impact.value.replace("_", " "),
                "cells": [body.matrix[impact][scope] for scope in scopes],
            }
            for impact in Impact
        ],
    }


def _sections(body: Standard) -> list[dict[str, Any]]:
    command = body.command
    facts = [
        (_("A commander within"), _length(command.found_within)),
        (_("Asks for status every"), _length(command.status_check_every)),
        (_("Hands over after"), _length(command.handover_after)),
        (_("Overlap at the handover"), _length(command.handover_shadow)),
    ]
    return [
        {"title": _("Command"), "facts": [{"word": word, "value": value} for word, value in facts]},
        {"title": _("Flags"), "chips": [{"text": name.replace("_", " ")} for name in body.flags]},
        {
            "title": _("Words"),
            "facts": [{"word": word, "value": said} for word, said in list(body.glossary.items())[:12]],
        },
    ]
