"""Pictures drawn on the server: `{% load charts %}`. Each has a summary and, where given, its numbers.

Horizontal places are percentages of the width, so every picture fits any screen without scripts or inline
styles. `numbers` = `{head: [text], rows: [[text]]}`, shown behind "Show numbers".

- `{% sparkline s %}`: `{points: [number], label, summary, tone?: now|s1..s6, event?: {share 0..1, word},
  foot?: [text], numbers?}`
- `{% trend t %}`: `{points: [{label, value}], label, summary, top: number, target?: {value, word}, numbers?}`
- `{% bar value top tone="c-ink2" hollow=0 thin=False %}`: `hollow` is drawn outlined after the value
- `{% uptime days label %}`: `[{label, state: operational|degraded|partial|major|unknown}]`, oldest first
- `{% storm s %}`: `{start, end, ticks: [datetime], summary, numbers?,
  marks?: [{at, word, kind: deploy|page, timed?}],
  lanes: [{name, url?, loud, kind: now|had|held, counts: [int], held?: [int], said?, began?}]}`; counts divide
  start..end evenly, `held` are drawn hollow on top of them; a mark that is `timed` has its time written
- `{% night n %}`: `{start, end, window?: {from, until}, ticks: [datetime], impact?: {points, word}, summary,
  lanes: [{name, marks?: [{at, word?, shape: dot|square|diamond|ring, hollow?}],
  spans?: [{from, until, word?}], phases?: [{from, until, word?}]}]}`
- `{% schedule s %}`: `{start, end, now, days: [{at, word, short, weekend?, today?}], dst?: [{at, word}],
  summary, lanes: [{name, second?, kind: layer|override|away|final,
  blocks: [{from, until, person?, gap?, word?, title?, note?}]}]}`
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from muster.web.templatetags import words

register = template.Library()

Dict = Mapping[str, Any]
# A drawing is about this wide on a desktop; used only to guess whether a word fits into its block.
TYPICAL_WIDTH_PX = 930
PHONE_WIDTH_PX = 320
LANE_FOOT_PX, LANE_BAR_PX = 26, 18


def place(at: datetime, start: datetime, end: datetime) -> float:
    """Where `at` lies between `start` and `end`, in percent of the width, kept inside 0..100."""
    return round(100 * min(1.0, max(0.0, (at - start) / (end - start))), 3)


def curve(points: Sequence[float], low: float, high: float) -> str:
    """An SVG path through evenly spaced points on a 100 x 100 ground; the higher the value, the smaller y."""
    if len(points) < 2:
        return ""
    step, room = 100 / (len(points) - 1), (high - low) or 1
    pairs = [f"{n * step:.2f} {100 - 100 * (value - low) / room:.2f}" for n, value in enumerate(points)]
    return "M" + "L".join(pairs)


@register.inclusion_tag("components/sparkline.html")
def sparkline(s: Dict) -> dict[str, Any]:
    """A small curve with its last value marked; live trouble in red, history in a series colour."""
    points = [float(value) for value in s["points"]]
    high = max([*points, 0.0]) or 1.0
    line = curve(points, 0.0, high * 1.08)
    event = s.get("event")
    return {
        "s": s,
        "line": line,
        "area": f"{line}L100 100L0 100Z" if line else "",
        "last_y": round(100 - 100 * points[-1] / (high * 1.08), 2) if points else 100,
        "event_x": round(100 * event["share"], 2) if event else None,
    }


@register.inclusion_tag("components/trend.html")
def trend(t: Dict) -> dict[str, Any]:
    """Values over time with a target: hollow diamond over it, dot below."""
    top, points = float(t["top"]), t["points"]
    step = 100 / max(1, len(points) - 1)
    target = t.get("target")
    dots = [
        {
            "x": round(n * step, 2),
            "y": round(100 - 100 * point["value"] / top, 2),
            "over": bool(target and point["value"] > target["value"]),
            **point,
        }
        for n, point in enumerate(points)
    ]
    every = max(1, len(dots) // 4)
    grid = [{"y": round(100 - 25 * n, 2), "word": f"{top * n / 4:g}"} for n in range(5)]
    return {
        "t": t,
        "line": curve([point["value"] for point in points], 0, top),
        "dots": dots,
        "labels": dots[::every],
        "grid": grid,
        "target_y": round(100 - 100 * target["value"] / top, 2) if target else None,
    }


@register.simple_tag
def bar(
    value: float, top: float, tone: str = "c-ink2", hollow: float = 0, thin: bool = False, track: bool = True
) -> SafeString:
    """A horizontal bar; the number always stands beside it, so the picture is silent to readers."""
    share = round(100 * min(1.0, max(0.0, value / top)), 2) if top else 0
    more = round(100 * min(1.0, max(0.0, hollow / top)), 2) if top else 0
    height = 4 if thin else 8
    ground = SafeString('<rect class="bar-track" width="100%" height="100%" rx="2"/>') if track else ""
    second = (
        format_html(
            '<svg x="{}%" width="{}%" height="8">'
            '<rect class="bar-hollow" x="1" y=".75" width="97%" height="6.5" rx="2"/></svg>',
            share,
            more,
        )
        if more
        else ""
    )
    return format_html(
        '<svg class="bar{} {}" height="{}" aria-hidden="true">{}'
        '<rect class="bar-value" width="{}%" height="100%" rx="2"/>{}</svg>',
        " bar--thin" if thin else "",
        tone,
        height,
        ground,
        share,
        second,
    )


@register.simple_tag
def uptime(days: Sequence[Dict], label: str = "") -> SafeString:
    """One bar a day, taller is worse; the label says it in words."""
    bars = format_html_join(
        "",
        '<i class="is-{}" title="{}: {}"></i>',
        ((day["state"], day["label"], words.word(words.STATE_WORDS, day["state"])) for day in days),
    )
    return format_html('<div class="uptime" role="img" aria-label="{}">{}</div>', label, bars)


def _bars(lane: Dict) -> list[dict[str, Any]]:
    """The bars of a lane: what paged stands below, what was held back is drawn hollow above it."""
    counts = lane["counts"]
    held = lane.get("held") or [0] * len(counts)
    top = max([*(one + other for one, other in zip(counts, held, strict=True)), 1])
    step = 100 / max(1, len(counts))
    bars: list[dict[str, Any]] = []
    for n, (count, hollow) in enumerate(zip(counts, held, strict=True)):
        foot = LANE_FOOT_PX
        for kind, many in ((lane["kind"], count), ("held", hollow)):
            if many:
                height = max(2, round(LANE_BAR_PX * many / top))
                foot -= height
                place_of = {"x": round(n * step, 3), "w": round(step * 0.68, 3), "y": foot, "h": height}
                bars.append(place_of | {"kind": kind})
    return bars


def _mark(mark: Dict, x: float) -> dict[str, Any]:
    """A line with its word, which stands on the side where there is room."""
    return {**mark, "x": x, "left": x > 70}


@register.inclusion_tag("components/storm.html")
def storm(s: Dict) -> dict[str, Any]:
    """Alerts by service over time: filled paged, outlined was held back."""
    start, end = s["start"], s["end"]
    lanes = [
        {**lane, "bars": _bars(lane), "said": lane.get("said") or str(sum(lane["counts"]))}
        for lane in s["lanes"]
    ]
    marks = [_mark(mark, place(mark["at"], start, end)) for mark in s.get("marks", ())]
    ticks = [{"at": tick, "x": place(tick, start, end)} for tick in s["ticks"]]
    return {"s": s, "lanes": lanes, "marks": marks, "ticks": ticks}


def _spanned(items: Sequence[Dict], start: datetime, end: datetime) -> list[dict[str, Any]]:
    shown = []
    for item in items:
        left = place(item["from"], start, end)
        shown.append({**item, "x": left, "w": round(place(item["until"], start, end) - left, 3)})
    return [item for item in shown if item["w"] > 0]


@register.inclusion_tag("components/night.html")
def night(n: Dict) -> dict[str, Any]:
    """The incident lane by lane: impact, alerts, changes, decisions, updates, phase."""
    start, end = n["start"], n["end"]
    lanes = []
    for lane in n["lanes"]:
        marks = [{**mark, "x": place(mark["at"], start, end)} for mark in lane.get("marks", ())]
        lanes.append(
            {
                "name": lane["name"],
                "marks": marks,
                "spans": _spanned(lane.get("spans", ()), start, end),
                "phases": _spanned(lane.get("phases", ()), start, end),
            }
        )
    impact = n.get("impact")
    window = _spanned([n["window"]], start, end) if n.get("window") else []
    return {
        "n": n,
        "lanes": lanes,
        "window": window[0] if window else None,
        "ticks": [{"at": tick, "x": place(tick, start, end)} for tick in n["ticks"]],
        "impact": impact,
        "line": curve(impact["points"], 0, max([*impact["points"], 1]) * 1.15) if impact else "",
    }


def _block(block: Dict, now_x: float | None) -> dict[str, Any]:
    """A block's words: the name where it fits, else initials, else only the title on hover and the list."""
    person = block.get("person")
    width = TYPICAL_WIDTH_PX * block["w"] / 100
    if block.get("gap"):
        text, hue = (block["word"] if width > 58 else "!"), 0
        short = "!"
    elif person:
        letters, hue = words.looks(person)
        text = person["name"] if width > 8 * len(person["name"]) + 16 else letters if width > 26 else ""
        short = letters if PHONE_WIDTH_PX * block["w"] / 100 > 26 else ""
    else:
        text, hue, short = (block.get("word", "") if width > 30 else ""), 0, ""
    # A name under the now-line steps to its right side, where it can be read.
    step = 0.0
    if now_x is not None and block["x"] < now_x < block["x"] + block["w"] and width >= 80:
        ahead = TYPICAL_WIDTH_PX * (now_x - block["x"]) / 100
        step = round(100 * (now_x - block["x"]) / block["w"], 2) if ahead < 8 * len(text) + 16 else 0.0
    return {**block, "text": text, "short": short, "hue": hue, "centred": width < 80, "step": step}


@register.inclusion_tag("components/schedule.html")
def schedule(s: Dict) -> dict[str, Any]:
    """Who is on call when: layers, overrides, absences, and the final line that counts."""
    start, end = s["start"], s["end"]
    width = round(100 / max(1, len(s["days"])), 3)
    days = [{**day, "x": place(day["at"], start, end), "w": width} for day in s["days"]]
    now = s.get("now")
    now_x = place(now, start, end) if now and start <= now <= end else None
    lanes = [
        {**lane, "blocks": [_block(block, now_x) for block in _spanned(lane["blocks"], start, end)]}
        for lane in s["lanes"]
    ]
    return {
        "s": s,
        "lanes": lanes,
        "days": days,
        "now": now,
        "now_x": now_x,
        "dst": [{**change, "x": place(change["at"], start, end)} for change in s.get("dst", ())],
    }
