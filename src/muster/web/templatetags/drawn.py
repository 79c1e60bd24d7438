"""The smallest parts: icons, shapes, people, times, chips. Their table stands at the top of `muster.py`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from muster.web.templatetags import words
from muster.web.templatetags.shapes import SEVERITY_PATHS, SPRITE_PATH, STATE_GLYPHS, icon_body, symbols

register = template.Library()

Dict = Mapping[str, Any]
ICON_CLASSES = {16: "icon", 20: "icon icon--20", 24: "icon icon--24"}
CHIP_KINDS = frozenset({"", "reason", "now", "soon", "well", "you"})


@register.simple_tag
def icon(name: str, label: str = "", size: int = 16, inline: bool = False, tone: str = "") -> SafeString:
    """One line icon. `inline` draws it in place, for pages that must not fetch the sprite."""
    inline = inline or name not in symbols()
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
        '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">'
        '<rect class="mark-ground" width="24" height="24" rx="6"/>'
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
        '<span class="sev sev{}{}{}">'
        '<svg class="sev-shape glyph" width="{}" height="{}" viewBox="0 0 24 24" {}>'
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
    """A `<time>` the browser words in the viewer's zone; without JavaScript it reads in UTC, zone named."""
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
    """A text, or a list of pieces: texts, datetimes (worded as a clock), `{at, style}`, `{utc}`, `{bold}`."""
    if value is None:
        return SafeString("")
    if isinstance(value, datetime):
        return moment(value, "clock")
    if isinstance(value, Mapping):
        if "bold" in value:
            return format_html("<b>{}</b>", said(value["bold"]))
        return (
            utc(value["utc"], value.get("style", "clock"))
            if "utc" in value
            else moment(value["at"], value.get("style", "clock"))
        )
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
