"""The parts of the design language as template tags: `{% load muster %}`. Every context is a plain dict.

| tag | what it draws |
|---|---|
| `{% icon name label="" size=16 inline=False %}` | Lucide line icon; silent to readers unless labelled |
| `{% mark %}` | Muster's sign |
| `{% severity level open=True word=True size=20 %}` | shape, word; closed keeps the shape, not the heat |
| `{% state name word=True size=18 text="" %}` | glyph and word (or `text`) of an alert, task, component |
| `{% phase name %}` `{% role name %}` | the word for an engine name |
| `{% avatar person size=32 alone=False %}` | initials in a circle; `alone`: carries its own name |
| `{% person_line person second="" size=32 %}` | avatar, name or "You", second line; None = nobody yet |
| `{% moment at style="relative" %}` | `<time>`, localised in the browser; styles relative, clock, seconds, |
| | day, short, full |
| `{% utc at style="clock" %}` | `<time>` in UTC, for public pages |
| `{% said text %}` | a text, or pieces that may hold datetimes, so that each is worded for its viewer |
| `{% duration seconds %}` | "3 min 12 s" |
| `{% chip text kind="" icon="" url="" %}` | kinds "", reason, now, soon, well, you; `{% chips list %}` |
| `{% clock clock style="" %}` | label, remaining, fuse; styles "", stack, large, bare, left, fuse |
| `{% phase_rail phases %}` | eight stations; segments on the phone |
| `{% entry entry %}` | one line of a timeline |
| `{% row row %}` | glyph, title, second line, clock, actions or end |
| `{% action action %}` `{% actions list %}` | a link, or a form with one button |
| `{% field field %}` `{% bound boundfield %}` | label, control, hint or error; `bound`: Django's own |
| `{% tiles tiles %}` | a choice among few, laid out |
| `{% empty empty %}` `{% banner banner %}` | nothing here; bold fact, consequence, one action |
| `{% page_head head %}` `{% filters list %}` `{% pager pager %}` | heading; filters as links; newer, older |

Dicts (`?` = may be missing; every `at` is an aware datetime; every `url` a path; "text" may be pieces):
- **person** `{name, id? or handle?, initials?, hue? 1..8, you? bool, url?}`
- **clock** `{label, due_at, started_at?, met_at?, note?: text, live? bool}`; `live`: ticks each second
- **phase stop** `{name, state: past|current|future|skipped, at?, seconds?, returned? bool, word?}`
- **entry** `{at, icon, said: text, who?, by: "person"|"machine", id?, title?, quote?}`; `title` boxes it
- **row** `{title, url?, second?: text, glyph?, clock?, actions?, chips?, end?: text, end_chip?: chip,
  chevron? bool, key?}`; the row's own actions win over its end
- **glyph** `{state}` or `{severity, open?}` or `{icon, tone?}` or `{person}`
- **chip** `{text, kind?, icon?, url?}`
- **action** `{label, url, method?: post|get, style?: filled|edge|line|text|red, icon?, key?,
  fields?: {name: value}, small?, large?, wide?, giant?, disabled?: reason, confirm?: sentence, target?}`;
  `target` = the id that htmx swaps
- **field** `{name, label, kind?: text|email|password|textarea|select|datetime-local|date|search|number|url,
  value?, hint?, error?, options?: [{value, word, chosen?}], required?, placeholder?, autocomplete?,
  autofocus?, code?, rows?}`
- **tiles** `{name, legend, options: [{value, word, second?, icon?, chosen?}], many? bool, wrap? bool}`
- **empty** `{title, fact?: text, action?, bare? bool}`
- **banner** `{bold: text, text?: text, kind?: soon|now|well|you|line, icon?, action?}`
- **page_head** `{title, second?: text, trail?: [{word, url?}], actions?}`
- **filter** `{word, url, count?, chosen?}`; **pager** `{newer_url?, older_url?, text?}`
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static

from muster.web.templatetags import drawn, words

register = template.Library()
# One library for templates, two files for readers.
register.tags.update(drawn.register.tags)

Dict = Mapping[str, Any]


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


def now_of(context: Context, clock: Dict) -> datetime:
    """The moment this page shows: `at` or `shell.at` (the database's); without one, the clock's beginning."""
    shell = context.get("shell") or {}
    at = context.get("at") or shell.get("at") or clock.get("started_at") or clock["due_at"]
    if not isinstance(at, datetime):
        raise TypeError(f"a clock needs an aware datetime, not {at!r}")
    return at


@register.inclusion_tag("components/clock.html", takes_context=True)
def clock(context: Context, clock: Dict, style: str = "") -> dict[str, Any]:
    """A running clock with its fuse."""
    return {"clock": clock, "face": words.clock_face(clock, now_of(context, clock)), "style": style}


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
