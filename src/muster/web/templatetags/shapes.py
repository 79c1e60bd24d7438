"""The drawn signs: icons from the sprite, severity shapes, state glyphs. Strings of SVG, no Django tags.

Severity and state are always shape + word + colour (design language, section 3); the shapes live here so that
the engine's words stay free of pictures.
"""

import re
from functools import cache
from pathlib import Path

SPRITE = Path(__file__).resolve().parent.parent / "static" / "vendor" / "lucide" / "sprite.svg"
SPRITE_PATH = "vendor/lucide/sprite.svg"

# Outlines on a 24 grid; the numeral stands in the middle.
SEVERITY_PATHS = {
    "SEV1": "M8.1 2h7.8L22 8.1v7.8L15.9 22H8.1L2 15.9V8.1z",
    "SEV2": "M12 1.6 22.4 12 12 22.4 1.6 12z",
    "SEV3": "M5.5 3h13a2.5 2.5 0 0 1 2.5 2.5v13a2.5 2.5 0 0 1-2.5 2.5h-13a2.5 2.5 0 0 "
    "1-2.5-2.5v-13A2.5 2.5 0 0 1 5.5 3z",
    "SEV4": "M12 2.6a9.4 9.4 0 1 1 0 18.8 9.4 9.4 0 0 1 0-18.8z",
}

_RING = '<circle class="stroke" cx="12" cy="12" r="9.2"/>'
_TICK = _RING + '<path class="stroke" d="m8 12.2 2.8 2.8L16 9.6"/>'
_TRIANGLE = "M12 3.4 22.4 21H1.6z"
_BANG_AND_DOT = '<path class="{}" d="M12 10v4.4M12 17.6v.1"/>'

# name: (colour class, body)
STATE_GLYPHS = {
    "triggered": (
        "g-now",
        _RING + '<circle class="fill" cx="12" cy="12" r="5"/><circle class="pulse" cx="12" cy="12" r="9.2"/>',
    ),
    "acknowledged": ("g-ink2", _RING + '<path class="fill" d="M12 2.8a9.2 9.2 0 0 1 0 18.4z"/>'),
    "resolved": ("g-well", _TICK),
    "done": ("g-well", _TICK),
    "met": ("g-well", _TICK),
    "operational": ("g-well", _TICK),
    "suppressed": ("g-ink3", '<circle class="stroke" cx="12" cy="12" r="9.2" stroke-dasharray="4.1 3.12"/>'),
    "grouped": ("g-ink3", '<circle class="stroke" cx="12" cy="12" r="9.2" stroke-dasharray="4.1 3.12"/>'),
    "silenced": ("g-ink3", _RING + '<path class="stroke" d="m5.6 18.4 12.8-12.8"/>'),
    "todo": ("g-edge", _RING),
    "degraded": (
        "g-soon",
        f'<path class="stroke" d="{_TRIANGLE}"/>' + _BANG_AND_DOT.format("stroke"),
    ),
    "partial": (
        "g-soon",
        f'<path class="soon-fill" d="{_TRIANGLE}"/>' + _BANG_AND_DOT.format("on-soon"),
    ),
    "major": (
        "g-now",
        '<rect class="fill" x="2.5" y="2.5" width="19" height="19" rx="3.5"/>'
        '<path class="on-now" d="m8 8 8 8m0-8-8 8"/>',
    ),
    "maintenance": ("g-ink2", _RING + '<path class="stroke" d="M12 7v5l3.4 2"/>'),
    "unknown": ("g-edge", '<circle class="stroke" cx="12" cy="12" r="9.2" stroke-dasharray="1.6 3.2"/>'),
}


@cache
def symbols() -> dict[str, str]:
    """Every icon in the sprite: name to the SVG inside its symbol. Read once per process."""
    found = re.findall(r'<symbol id="([a-z0-9-]+)"[^>]*>(.*?)</symbol>', SPRITE.read_text())
    return dict(found)


def icon_body(name: str) -> str:
    """The drawing of one icon; a plain ring for an undrawn name, since no page may break over one.

    A test reads every name in templates and code and fails on an undrawn one: add it in `tools/vendor.py`.
    """
    return symbols().get(name, _RING)
