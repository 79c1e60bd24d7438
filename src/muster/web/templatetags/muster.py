"""The parts of the design language as template tags: `{% load muster %}`. Every context is a plain dict.

| tag | context | draws |
|---|---|---|
| `{% icon name label="" size=16 inline=False %}` | a name in the sprite | Lucide line icon; silent to readers unless labelled |
| `{% mark %}` | | Muster's sign |
| `{% severity level open=True word=True size=20 %}` | "SEV1".."SEV4" | shape and word; closed keeps the shape, loses the heat |
| `{% state name word=True size=18 text="" %}` | alert, task, component state | glyph and word (or `text`) |
| `{% phase name %}` `{% role name %}` | engine name | the word |
| `{% avatar person size=32 alone=False %}` | person | initials in a circle; `alone`: carries its own name |
| `{% person_line person second="" size=32 %}` | person or None | avatar, name or "You", second line; None = nobody yet |
| `{% moment at style="relative" %}` | aware datetime | `<time>`, localised in the browser (relative, clock, seconds, day, short, full) |
| `{% said text %}` | text or pieces | pieces may hold datetimes, so that every time is worded for its viewer |
| `{% duration seconds %}` | seconds or timedelta | "3 min 12 s" |
| `{% chip text kind="" icon="" url="" %}` | kind: "", reason, now, soon, well, you | one chip; `{% chips list %}` for dicts of the same |
| `{% clock clock style="" %}` | clock; style: "", stack, large, bare | label, remaining, fuse |
| `{% phase_rail phases %}` | list of phase stops | eight stations; segments on the phone |
| `{% entry entry %}` | timeline entry | one sentence, at a time |
| `{% row row %}` | list row | glyph, title, second line, clock, actions or end |
| `{% action action %}` `{% actions list %}` | action | link, or a form with one button |
| `{% field field %}` `{% bound boundfield hint="" %}` | field / Django's bound field | label, control, hint or error |
| `{% tiles tiles %}` | tiles | a choice among few, laid out |
| `{% empty empty %}` `{% banner banner %}` `{% page_head head %}` `{% filters list %}` `{% pager pager %}` | see below | |

Dicts (`?` = may be missing; every `at` is an aware datetime; every `url` a path):
- **person** `{name, id? or handle?, initials?, hue? 1..8, you? bool, url?}`
- **clock** `{label, due_at, started_at?, met_at?, note?, live? bool}`; `live` marks the one that ticks each second
- **phase stop** `{name, state: past|current|future|skipped, at?, seconds?, returned? bool, word?}`
- **entry** `{at, icon, said, who?, by: "person"|"machine", id?, title?, quote?}`; `title` makes it a boxed one
- **row** `{title, url?, second?, glyph?, clock?, actions?, chips?, end?, chevron? bool, key?}`
- **glyph** `{state}` or `{severity, open?}` or `{icon, tone?}` or `{person}`
- **action** `{label, url, method?: post|get, style?: filled|edge|line|text|red, icon?, key?, fields?: {name: value},
  small?, large?, wide?, disabled?: reason, confirm?: sentence, target?}`; `target` = id that htmx swaps
- **field** `{name, label, kind?: text|email|password|textarea|select|datetime-local|search|number|url, value?, hint?, error?,
  options?: [{value, word, chosen?}], required?, placeholder?, autocomplete?, code?, rows?}`
- **tiles** `{name, legend, options: [{value, word, second?, icon?, chosen?}], many? bool, wrap? bool}`
- **empty** `{title, fact?, action?, bare? bool}`; **banner** `{bold, text?, kind?: soon|now|well|you|line, icon?, action?}`
- **page_head** `{title, second?, trail?: [{word, url?}], actions?}`; **filter** `{word, url, count?, chosen?}`
- **pager** `{newer_url?, older_url?, text?}`
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from muster.web.templatetags import words
from muster.web.templatetags.shapes import SEVERITY_PATHS, SPRITE_PATH, STATE_GLYPHS, icon_body

register = template.Library()

Dict = Mapping[str, Any]
ICON_CLASSES = {16: "icon", 20: "icon icon--20", 24: "icon icon--24"}
CHIP_KINDS = frozenset({"", "reason", "now", "soon", "well", "you"})


@register.simple_tag
def icon(name: str, label: str = "", size: int = 16, inline: bool = False, tone: str = "") -> SafeString:
    """One line icon. `inline` draws it in place, for pages that must not fetch the sprite."""
    body = icon_body(name)
    voice = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    classes = ICON_CLASSES.get(size, "icon") + (f" g-{tone}" if tone else "")
    if inline:
        return format_html('<svg class="{}" viewBox="0 0 24 24" {}>{}</svg>', classes, voice, mark_safe(body))
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"/></svg>', classes, voice, static(SPRITE_PATH), name
    )


@register.simple_tag
def mark() -> SafeString:
    """Muster's sign: four corners called to one point."""
    return SafeString(
        '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><rect class="mark-ground" width="24" height="24" rx="6"/>'
        '<path class="mark-line" d="M8.7 5.7v3h-3M15.3 5.7v3h3M8.7 18.3v-3h-3M15.3 18.3v-3h3"/>'
        '<circle class="mark-on" cx="12" cy="12" r="2.3"/></svg>'
    )


@register.simple_tag
def severity(level: str, open: bool = True, word: bool = True, size: int = 20) -> SafeString:
    """The severity's shape with its numeral and, unless a heading names it, its word."""
    number = level[-1]
    words_beside = format_html("<span>{}</span>", level) if word else SafeString("")
    voice = SafeString('aria-hidden="true"') if word else format_html('role="img" aria-label="{}"', level)
    return format_html(
        '<span class="sev sev{}{}{}"><svg class="sev-shape glyph" width="{}" height="{}" viewBox="0 0 24 24" {}>'
        '<path d="{}"/><text x="12" y="16.5">{}</text></svg>{}</span>',
        number,
        "" if open else " is-closed",
        "" if word else " sev--bare",
        size,
        size,
        voice,
        SEVERITY_PATHS[level],
        number,
        words_beside,
    )


@register.simple_tag
def state(name: str, word: bool = True, size: int = 18, text: str = "") -> SafeString:
    """A state's glyph, with its word (or `text`) beside it."""
    colour, body = STATE_GLYPHS.get(name, STATE_GLYPHS["unknown"])
    said = text or words.word(words.STATE_WORDS, name)
    voice = SafeString('aria-hidden="true"') if word else format_html('role="img" aria-label="{}"', said)
    drawn = format_html(
        '<svg class="glyph {}" width="{}" height="{}" viewBox="0 0 24 24" {}>{}</svg>',
        colour,
        size,
        size,
        voice,
        mark_safe(body),
    )
    return format_html('<span class="glyph-text">{}<span>{}</span></span>', drawn, said) if word else drawn


@register.filter
def split_words(text: str) -> list[str]:
    """The words of a text, to loop over a fixed short list in a template."""
    return text.split()


@register.simple_tag
def static_css(name: str) -> str:
    """The address of one of our style sheets."""
    return static(f"css/{name}.css")


@register.simple_tag
def static_js(name: str) -> str:
    """The address of one of our scripts."""
    return static(f"js/{name}.js")


@register.simple_tag
def undo_path(message: Any) -> str:
    """The path a message's Undo posts to: its extra tag `undo:/path`, else nothing."""
    tags = str(getattr(message, "extra_tags", "") or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:/")), "")


@register.simple_tag
def phase(name: str) -> str:
    """The word for an incident's phase."""
    return words.word(words.PHASE_WORDS, name)


@register.simple_tag
def role(name: str) -> str:
    """The word for an incident role."""
    return words.word(words.ROLE_WORDS, name)


@register.filter
def still_open(phase_name: str) -> bool:
    """Whether an incident in this phase still has heat (severity drawn in colour)."""
    return phase_name not in words.CLOSED_PHASES


@register.simple_tag
def avatar(person: Dict | None, size: int = 32, alone: bool = False) -> SafeString:
    """A person's initials. Beside the name it is silent to readers; `alone` gives it the name."""
    if not person:
        plus = icon("plus")
        return format_html('<span class="avatar avatar--empty a{}" aria-hidden="true">{}</span>', size, plus)
    letters, colour = words.looks(person)
    me = " is-me" if person.get("you") else ""
    name = _("You") if person.get("you") else str(person.get("name", ""))
    voice = format_html('role="img" aria-label="{}"', name) if alone else SafeString('aria-hidden="true"')
    return format_html(
        '<span class="avatar p{} a{}{}" {} title="{}">{}</span>',
        colour,
        size,
        me,
        voice,
        person.get("name", ""),
        letters,
    )


@register.simple_tag
def person_line(person: Dict | None, second: str = "", size: int = 32, bold: bool = False) -> SafeString:
    """Avatar, name ("You" for the viewer) and a second line; None says that nobody holds it."""
    name = _("Nobody yet") if not person else _("You") if person.get("you") else str(person["name"])
    below = format_html('<span class="person-second">{}</span>', second) if second else SafeString("")
    return format_html(
        '<span class="person{}">{}<span><span class="person-name">{}</span>{}</span></span>',
        " person--bold" if bold else "",
        avatar(person, size),
        name,
        below,
    )


@register.simple_tag
def moment(at: datetime | str | None, style: str = "relative") -> SafeString:
    """A `<time>` the browser words in the viewer's zone; without JavaScript it reads in UTC, with the zone named."""
    if at is None:
        return SafeString("")
    if isinstance(at, str):
        return format_html("{}", at)
    utc = at.astimezone(UTC)
    shown = utc.strftime("%H:%M:%S UTC" if style == "seconds" else "%H:%M UTC")
    if style not in {"clock", "seconds"}:
        shown = f"{utc.day} {utc.strftime('%b')}, {shown}"
    stamp = utc.isoformat().replace("+00:00", "Z")
    return format_html(
        '<time datetime="{}" data-time="{}" title="{}">{}</time>',
        stamp,
        style,
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        shown,
    )


@register.simple_tag
def utc(at: datetime | None, style: str = "clock") -> SafeString:
    """A `<time>` in UTC for public pages, never localised: "00:58 UTC"."""
    if at is None:
        return SafeString("")
    when = at.astimezone(UTC)
    shown = when.strftime("%H:%M:%S UTC" if style == "seconds" else "%H:%M UTC")
    if style == "day":
        shown = f"{when.day} {when.strftime('%B')}, {shown}"
    return format_html('<time datetime="{}">{}</time>', when.isoformat().replace("+00:00", "Z"), shown)


@register.simple_tag
def said(value: Any) -> SafeString:
    """A text, or a list of pieces: texts, aware datetimes (worded as a clock), `{at, style}`, `{utc}` and `{bold}`."""
    if value is None:
        return SafeString("")
    if isinstance(value, datetime):
        return moment(value, "clock")
    if isinstance(value, Mapping):
        if "bold" in value:
            return format_html("<b>{}</b>", said(value["bold"]))
        return utc(value["utc"], value.get("style", "clock")) if "utc" in value else moment(value["at"], value.get("style", "clock"))
    if isinstance(value, list | tuple):
        return format_html_join("", "{}", ((said(piece),) for piece in value))
    return format_html("{}", value)


@register.simple_tag
def duration(value: timedelta | float | None) -> str:
    """A length of time in words, two units at most; nothing for None."""
    return "" if value is None else words.length(value)


@register.simple_tag
def chip(text: object, kind: str = "", icon_name: str = "", url: str = "") -> SafeString:
    """One chip; a `url` opens its explanation. `{% chip "met" "well" "circle-check" %}`."""
    look = f"chip chip--{kind}" if kind in CHIP_KINDS and kind else "chip"
    inside = format_html("{}<span>{}</span>", icon(icon_name) if icon_name else "", said(text))
    if url:
        return format_html('<a class="{}" href="{}">{}</a>', look, url, inside)
    return format_html('<span class="{}">{}</span>', look, inside)


@register.simple_tag
def chips(items: Iterable[Dict] | None) -> SafeString:
    """Several chips in a row: dicts `{text, kind?, icon?, url?}`."""
    drawn = [
        (chip(item["text"], item.get("kind", ""), item.get("icon", ""), item.get("url", "")),)
        for item in items or ()
    ]
    return (
        format_html('<span class="chips">{}</span>', format_html_join("", "{}", drawn))
        if drawn
        else SafeString("")
    )


def now_of(context: Context) -> datetime:
    """The moment this page shows: `shell.at` (the database's clock), else this process's."""
    shell = context.get("shell") or {}
    at = context.get("at") or shell.get("at")
    return at if isinstance(at, datetime) else timezone.now()


@register.inclusion_tag("components/clock.html", takes_context=True)
def clock(context: Context, clock: Dict, style: str = "") -> dict[str, Any]:
    """A running clock with its fuse."""
    return {"clock": clock, "face": words.clock_face(clock, now_of(context)), "style": style}


@register.inclusion_tag("components/phase_rail.html")
def phase_rail(phases: list[Dict]) -> dict[str, Any]:
    """The eight stations, the current one heavy; segments on the phone."""
    shown = [
        {**stop, "word": stop.get("word") or words.word(words.PHASE_WORDS, stop["name"])} for stop in phases
    ]
    at = next((n for n, stop in enumerate(shown) if stop["state"] == "current"), len(shown) - 1)
    return {
        "phases": shown,
        "current": shown[at] if shown else None,
        "then": shown[at + 1] if at + 1 < len(shown) else None,
        "position": at + 1,
        "count": len(shown),
    }


@register.inclusion_tag("components/entry.html")
def entry(entry: Dict, arrives: bool = False) -> dict[str, Any]:
    """One line of a timeline."""
    return {"entry": entry, "arrives": arrives}


def _with_token(context: Context, **values: Any) -> dict[str, Any]:
    return {
        **values,
        "csrf_token": context.get("csrf_token"),
        "shell": context.get("shell"),
        "at": context.get("at"),
    }


@register.inclusion_tag("components/row.html", takes_context=True)
def row(context: Context, row: Dict) -> dict[str, Any]:
    """One row of a list."""
    return _with_token(context, row=row)


@register.inclusion_tag("components/action.html", takes_context=True)
def action(context: Context, action: Dict, style: str = "") -> dict[str, Any]:
    """One button: a link for `get`, a small form for `post`."""
    return _with_token(context, action=action, style=style or action.get("style", "line"))


@register.inclusion_tag("components/actions.html", takes_context=True)
def actions(context: Context, actions: Iterable[Dict] | None) -> dict[str, Any]:
    """Several buttons in a row."""
    return _with_token(context, actions=actions)


@register.inclusion_tag("components/field.html")
def field(field: Dict) -> dict[str, Any]:
    """A labelled control."""
    return {"field": field}


@register.inclusion_tag("components/bound.html")
def bound(bound_field: Any, hint: str = "") -> dict[str, Any]:
    """A field of a Django form in our clothes."""
    plain = getattr(bound_field.field.widget, "input_type", "") not in {"checkbox", "radio", "hidden"}
    attributes = {"class": "field-input"} if plain else {}
    if bound_field.errors:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{bound_field.id_for_label}-error"}
    kind = getattr(bound_field.field.widget, "input_type", "")
    return {
        "bound": bound_field,
        "control": bound_field.as_widget(attrs=attributes),
        "hint": hint,
        "kind": kind,
    }


@register.inclusion_tag("components/tiles.html")
def tiles(tiles: Dict) -> dict[str, Any]:
    """A choice among few, all in view."""
    return {"tiles": tiles}


@register.inclusion_tag("components/empty.html", takes_context=True)
def empty(context: Context, empty: Dict) -> dict[str, Any]:
    """Nothing here: what is well, or what to do first."""
    return _with_token(context, empty=empty)


@register.inclusion_tag("components/banner.html", takes_context=True)
def banner(context: Context, banner: Dict) -> dict[str, Any]:
    """Bold fact, consequence, one action."""
    icons = {"now": "triangle-alert", "well": "circle-check", "you": "info", "line": "info"}
    kind = banner.get("kind", "soon")
    return _with_token(
        context, banner=banner, kind=kind, icon=banner.get("icon") or icons.get(kind, "triangle-alert")
    )


@register.inclusion_tag("components/page_head.html", takes_context=True)
def page_head(context: Context, head: Dict) -> dict[str, Any]:
    """The heading, which is the answer."""
    return _with_token(context, head=head)


@register.inclusion_tag("components/filters.html")
def filters(filters: Iterable[Dict]) -> dict[str, Any]:
    """The list's filters; each is a link, so the address holds the choice."""
    return {"filters": filters}


@register.inclusion_tag("components/pager.html")
def pager(pager: Dict | None) -> dict[str, Any]:
    """Newer and older."""
    return {"pager": pager or {}}
