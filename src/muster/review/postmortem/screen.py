"""One postmortem as its screen shows it: see the top of `review/postmortem.html`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.obligations import Kind
from muster.core.permissions import Right
from muster.core.review import PostmortemState
from muster.core.standard import Standard
from muster.foundation.access.queries import Arrival
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import OPEN, obligations
from muster.respond.warroom.queries import standard_of
from muster.review.actions.queries import action_items_of
from muster.review.actions.showing import action_dicts, fields, limit_note
from muster.review.postmortem.facts import clock_figures, facts, figures
from muster.review.postmortem.markdown import html_of
from muster.review.postmortem.models import Postmortem, PostmortemSection
from muster.review.postmortem.night import night_of
from muster.review.postmortem.outline import is_written
from muster.review.postmortem.queries import CLOCKS, sections_of
from muster.review.postmortem.times import times_of
from muster.review.postmortem.words import AGENDA_WORDS, reason_word, state_word
from muster.review.showing import Dict, may, person_dict, zone_of

_SUMMARY = "executive_summary"
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What somebody wrote that was not saved: the section's key and text, or an action item's fields."""

    section: str = ""
    text: str = ""
    action: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def screen(row: Postmortem, arrival: Arrival, *, edit: str = "", unsaved: Unsaved | None = None) -> Dict:
    """The context of the page for this reader; `edit` names the section that they write in."""
    actor, unsaved = arrival.actor, unsaved or Unsaved()
    incident, standard = row.incident, standard_of(row.incident)
    [times] = times_of([incident])
    written = sections_of(actor, row)
    is_writer = may(actor, Right.REVIEW) and is_writable(row)
    owed = clocks_of(row, arrival)
    url = url_of(row)
    sections = [_section(one, standard, url, is_writer, edit, unsaved) for one in written]
    if not is_writer:
        sections = [one for one in sections if one["key"] != "title"]
    return {
        "head": _head(row, written, arrival, url),
        "incident": {
            "id": incident.public_id,
            "url": f"/incidents/{incident.public_id}",
            "severity": incident.severity,
            "resolved_at": incident.resolved_at,
        },
        "figures": [*figures(standard, times), *clock_figures(owed, arrival.at)],
        "night": night_of(incident, actor),
        "entries_url": f"/incidents/{incident.public_id}#timeline",
        "sections": _ordered(sections, facts(row, standard, times)),
        "save_url": f"{url}/sections",
        "whys": None,
        "actions": action_dicts(action_items_of(actor, incident.pk), actor),
        "actions_note": limit_note(standard, incident),
        "action_form": _action_form(standard, url, arrival, unsaved),
        "hints": [],
        "owed": [reason_word(one["why"], one["fact"]) for one in row.fired],
        "meeting": _meeting(row, standard, owed),
    }


def _ordered(sections: list[Dict], known: Dict) -> list[Dict]:
    """The summary comes first: whoever has one minute reads that; then the facts, then the rest."""
    first = [one for one in sections if one["key"] == _SUMMARY]
    return [*first, known, *(one for one in sections if one["key"] != _SUMMARY)]


def url_of(row: Postmortem) -> str:
    """Where a postmortem is read."""
    return f"/incidents/{row.incident.public_id}/postmortem"


def is_writable(row: Postmortem) -> bool:
    """Whether it can be written in: neither published nor waived."""
    return row.state != PostmortemState.PUBLISHED and row.waived_at is None


def clocks_of(row: Postmortem, arrival: Arrival) -> list[Obligation]:
    """What is owed still on a postmortem, the nearest first."""
    rows = obligations(arrival.actor).filter(incident=row.incident_id, kind__in=CLOCKS, state__in=OPEN)
    return list(rows.order_by("due_at", "id"))


def _head(row: Postmortem, written: Sequence[PostmortemSection], arrival: Arrival, url: str) -> Dict:
    titles = [one.body.strip() for one in written if one.key == "title" and one.body.strip()]
    title = titles[0].splitlines()[0] if titles else row.incident.title
    done = sum(is_written(one.body) for one in written)
    said = ngettext("%(done)s of %(n)s section written.", "%(done)s of %(n)s sections written.", len(written))
    author = person_dict(row.author, arrival.actor)
    first = _("%(state)s by %(author)s.") if author else _("%(state)s, drafted from the timeline.")
    state = state_word(row.state).capitalize() if row.waived_at is None else _("Waived")
    second = first % {"state": state, "author": author["name"] if author else ""}
    if row.waived_at is not None:
        second = _("Waived: %(why)s") % {"why": row.waived_why}
    return {
        "title": title,
        "second": f"{second} {said % {'done': done, 'n': len(written)}}",
        "actions": _buttons(row, arrival, url),
    }


def _buttons(row: Postmortem, arrival: Arrival, url: str) -> list[Dict]:
    """What this reader can do to it now."""
    if row.waived_at is not None or not may(arrival.actor, Right.REVIEW):
        return []
    found: list[Dict] = []
    if row.meeting_held_at is None:
        found.append(_link(_("Plan the meeting"), f"{url}/meeting", "calendar"))
        if row.meeting_at is not None and row.meeting_at <= arrival.at:
            found.append({"label": _("Meeting was held"), "url": f"{url}/held", "style": "line"})
    if row.state == PostmortemState.PUBLISHED:
        return [*found, _link(_("Withdraw"), f"{url}/withdraw", "undo-2")]
    found += [_link(_("Reviewers"), f"{url}/reviewers", "users"), _link(_("Cause"), f"{url}/cause", "tag")]
    if may(arrival.actor, Right.COMMAND_INCIDENT):
        found.append(_link(_("Waive"), f"{url}/waive", "circle-x"))
    if row.state == PostmortemState.DRAFT:
        return [*found, {"label": _("Ask for review"), "url": f"{url}/submit", "style": "edge"}]
    back = _link(_("Give back"), f"{url}/return", "undo-2")
    return [*found, back, {"label": _("Publish"), "url": f"{url}/publish", "style": "filled"}]


def _link(label: str, url: str, icon: str) -> Dict:
    return {"label": label, "url": url, "method": "get", "style": "line", "icon": icon}


def _section(
    one: PostmortemSection, standard: Standard, url: str, is_writer: bool, edit: str, unsaved: Unsaved
) -> Dict:
    guide = standard.postmortem.section_guides.get(one.key)
    done = is_written(one.body)
    shown: Dict = {
        "key": one.key,
        "title": guide.title if guide else one.key.replace("_", " ").capitalize(),
        "html": html_of(one.body) if done else None,
        "text": "",
        "done": done,
        "prompt": guide.asks if guide else "",
        "edit": False,
        "version": one.version,
    }
    if not is_writer:
        return shown
    if one.key not in (edit, unsaved.section):
        return shown | {"edit_url": f"?edit={one.key}#section-{one.key}"}
    shown |= {
        "edit": True,
        "text": one.body,
        "rows": _rows(one.body),
        "cancel_url": f"{url}#section-{one.key}",
    }
    if one.key == unsaved.section:
        shown |= {"text": unsaved.text, "rows": _rows(unsaved.text), "theirs": html_of(one.body)}
        shown["conflict"] = {
            "bold": _("Somebody saved this section while you wrote."),
            "text": _("What they wrote stands above, what you wrote below. Bring them together and save."),
        }
    return shown


def _rows(text: str) -> int:
    return min(30, max(5, len(text.splitlines()) + 2))


def _action_form(standard: Standard, url: str, arrival: Arrival, unsaved: Unsaved) -> Dict | None:
    if not may(arrival.actor, Right.REVIEW):
        return None
    given = fields(standard, unsaved.action, unsaved.errors, timezone=zone_of(arrival.actor))
    return {"url": f"{url}/actions", "open": bool(unsaved.errors), **given}


def _meeting(row: Postmortem, standard: Standard, owed: Sequence[Obligation]) -> Dict:
    due = next((one.due_at for one in owed if one.kind == Kind.POSTMORTEM_MEETING_BY), None)
    days = standard.postmortem.meeting_within_business_days
    second = ngettext("Within %(n)s business day", "Within %(n)s business days", days) % {"n": days}
    if due is not None:
        second = _("%(within)s, by %(day)s UTC") % {"within": second, "day": f"{due:%Y-%m-%d %H:%M}"}
    if row.meeting_held_at is not None:
        second = _("It was held.")
    agenda = standard.postmortem.meeting.agenda
    return {
        "at": row.meeting_at,
        "second": second,
        "agenda": [
            {"word": AGENDA_WORDS.get(word, word.replace("_", " ")), "minutes": round(span / _MINUTE)}
            for word, span in agenda.items()
        ],
    }
