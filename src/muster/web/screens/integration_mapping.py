"""How an integration's payloads are read: changed, tried on what came lately, and saved as a new version."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from muster.core.decoding import DEPTH_LIMIT, NotDecodable, decode_json
from muster.core.permissions import Right, require
from muster.core.ports.source_form import MappedField
from muster.core.refusal import Refused
from muster.detect import commands, source_kinds
from muster.detect.mapping_versions import Version, version_of, versions_of
from muster.detect.models import Integration
from muster.detect.queries import integration_of, recent_payloads
from muster.detect.reasons import Detect
from muster.detect.source_kinds import Seen
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.web.replay.last_payloads import Replayed, replay
from muster.web.screens.entries import names_of
from muster.web.screens.mapping_preview import drawn, drawn_replay
from muster.web.screens.sender_health import kind_word

Dict = dict[str, Any]
_SHOWN = 5
_PASTE_CHARS = 100_000
_WHERE = "/settings/integrations"


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, handle: str) -> HttpResponse:
    """The mapping and what it makes of the last payloads; POST tries it, replays them dry, or saves it.

    Raises:
        Refused: there is no such integration, it is read in one way only, or somebody else manages it.
    """
    actor, at = request.arrival.actor, request.arrival.at
    row = integration_of(actor, handle)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    if not _fields(row):
        raise Refused(Detect.MAPPING_NOT_READ, {"kind": row.kind})
    if request.method != "POST":
        earlier = _earlier(request, row)
        return _shown(request, row, earlier.mapping if earlier else row.mapping, version_of(row))
    said = {one.name: request.POST.get(one.name, "").strip() for one in _fields(row)}
    mapping, version = {name: text for name, text in said.items() if text}, _version(request, row)
    if request.POST.get("do") != "save":
        return _shown(request, row, mapping, version)
    try:
        commands.change_integration(row.pk, {"mapping": mapping}, actor=actor, at=at, version=version)
    except Refused as refused:
        if refused.reason not in (Detect.MAPPING_INVALID, Detect.MAPPING_CHANGED):
            raise
        return _shown(request, row, mapping, version_of(row), refused)
    messages.success(request, _("Saved as version %(n)s.") % {"n": version_of(row)})
    return HttpResponseRedirect(f"{_WHERE}/{row.handle}/mapping")


def _fields(row: Integration) -> tuple[MappedField, ...]:
    source = source_kinds.source_of(row.kind)
    return source.form.mapping if source is not None else ()


def _version(request: Request, row: Integration) -> int:
    """The version that the form was made from; the one in force where the form does not say."""
    said = request.POST.get("version", "")
    return int(said) if said.isdecimal() and len(said) < 9 else version_of(row)


def _earlier(request: Request, row: Integration) -> Version | None:
    """The version that is asked for, if it is no longer in force."""
    wanted = request.GET.get("version", "")
    if wanted in ("", str(version_of(row))):
        return None
    found = {str(one.number): one for one in versions_of(row, request.arrival.actor)}
    return found.get(wanted)


def _heading(request: Request, row: Integration, version: int) -> str:
    """Which version the fields were filled with."""
    earlier, kind = _earlier(request, row), kind_word(row.kind)
    if earlier is not None:
        said = _("%(kind)s, version %(version)s, not in force")
        return said % {"kind": kind, "version": earlier.number}
    return _("%(kind)s, version %(version)s") % {"kind": kind, "version": version}


def _shown(
    request: Request,
    row: Integration,
    mapping: Mapping[str, str],
    version: int,
    refused: Refused | None = None,
) -> HttpResponse:
    actor = request.arrival.actor
    payloads, wrong = _payloads(request, row)
    where = f"{_WHERE}/{row.handle}"
    replayed = request.POST.get("do") == "replay"
    words = told(refused) if refused is not None else None
    context = {
        "head": {
            "title": _("How payloads of %(handle)s are read") % {"handle": row.handle},
            "trail": [
                {"word": _("Integrations"), "url": _WHERE},
                {"word": row.handle, "url": where},
                {"word": _("Mapping")},
            ],
            "second": _heading(request, row, version),
        },
        "url": f"{where}/mapping",
        "back": where,
        "version": version,
        "fields": [_field(one, mapping) for one in _fields(row)],
        "paste": {
            "name": "paste",
            "label": _("A payload of your own"),
            "kind": "textarea",
            "rows": 4,
            "value": request.POST.get("paste", "")[:_PASTE_CHARS],
            "hint": _("Tried in the place of what came lately. JSON, one object or a list of them."),
            "error": wrong,
        },
        "fault": {"bold": words.sentence, "kind": "now"} if words is not None else None,
        "says": _says(request, row, mapping, payloads, replayed=replayed),
        "versions": _version_rows(versions_of(row, actor), where, version_of(row)),
    }
    status = words.status if words is not None else 200
    return render(request, "settings/mapping.html", context, status=status)


def _payloads(request: Request, row: Integration) -> tuple[list[Any], str]:
    """What is tried: what was pasted, else what came lately; and what is wrong with what was pasted."""
    pasted = request.POST.get("paste", "").strip()[:_PASTE_CHARS]
    if not pasted:
        return recent_payloads(row, _SHOWN), ""
    try:
        return [decode_json(pasted.encode("utf-8", "replace"))], ""
    except NotDecodable:
        return [], _not_json(pasted)


def _not_json(pasted: str) -> str:
    """Why a text is not read, with the place where that is known."""
    try:
        json.loads(pasted)
    except (ValueError, RecursionError) as why:
        return _("This is not JSON: %(why)s") % {"why": why}
    said = _("This cannot be read: it holds NaN or Infinity, or is nested more than %(n)s deep.")
    return said % {"n": DEPTH_LIMIT}


def _field(one: MappedField, mapping: Mapping[str, str]) -> Dict:
    return {
        "name": one.name,
        "label": _(one.label),
        "value": mapping.get(one.name, ""),
        "placeholder": one.usual,
        "hint": _(one.hint) if one.hint else "",
        "autocomplete": "off",
    }


def _says(
    request: Request, row: Integration, mapping: Mapping[str, str], payloads: list[Any], *, replayed: bool
) -> Dict:
    """What the mapping makes of the payloads; or what is wrong with the mapping itself."""
    try:
        seen: list[Seen] = source_kinds.preview(row.kind, mapping, payloads)
    except Refused as refused:
        return {"title": _("This mapping cannot be used"), "wrong": told(refused).sentence, "payloads": []}
    bad = sum(bool(one.errors) for one in seen)
    words = ngettext("%(n)s payload would be rejected", "%(n)s payloads would be rejected", bad) % {"n": bad}
    title = words if bad else _("What arrives, field by field")
    if not seen:
        title = _("Nothing has come lately")
    if not replayed:
        return {"title": title, "wrong": "", "payloads": [drawn(one) for one in seen]}
    arrival = request.arrival
    done: list[Replayed] = replay(row, mapping, payloads, actor=arrival.actor, at=arrival.at)
    return {"title": _("Replayed; nothing was changed"), "wrong": "", "payloads": drawn_replay(done)}


def _version_rows(versions: list[Version], where: str, last: int) -> list[Dict]:
    names = names_of({one.by for one in versions})
    return [
        {
            "title": _("Version %(n)s") % {"n": one.number},
            "url": f"{where}/mapping?version={one.number}",
            "second": [f"{names.get(one.by, one.by)}, ", {"at": one.at, "style": "relative"}],
            "glyph": {"icon": "history"},
            "end": _("in force") if one.number == last else "",
        }
        for one in versions
    ]
