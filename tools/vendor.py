# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools==4.60.1", "brotli==1.1.0"]
# ///
"""Bring the browser's libraries into the tree: `uv run tools/vendor.py` (needs npm).

Installs exactly what `tools/package-lock.json` pins (npm checks each archive's SHA-512), copies the few files
the screens use, cuts the fonts down to the letters we need, draws the used icons into one sprite, and writes
`src/muster/web/vendor.json`: name, version, licence and the SHA-256 of every file. A test compares them.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

TOOLS = Path(__file__).resolve().parent
WEB = TOOLS.parent / "src" / "muster" / "web"
STATIC = WEB / "static" / "vendor"
TEST_VENDOR = TOOLS.parent / "tests" / "browser" / "vendor"

# Lucide icons in use; the icon tag refuses any other name, so this list is complete.
ICONS = [
    "alarm-clock",
    "antenna",
    "archive",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "at-sign",
    "bell",
    "bell-off",
    "bell-ring",
    "book-open",
    "bookmark",
    "boxes",
    "building-2",
    "calendar",
    "calendar-plus",
    "calendar-x",
    "chart-line",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle",
    "circle-alert",
    "circle-check",
    "circle-question-mark",
    "circle-x",
    "clock",
    "clock-alert",
    "copy",
    "corner-down-left",
    "crosshair",
    "crown",
    "download",
    "ellipsis",
    "eraser",
    "external-link",
    "eye",
    "eye-off",
    "fast-forward",
    "file-text",
    "fingerprint-pattern",
    "flag",
    "flame",
    "gauge",
    "gavel",
    "git-branch",
    "git-merge",
    "hand",
    "hash",
    "heart-pulse",
    "history",
    "inbox",
    "info",
    "key",
    "key-round",
    "keyboard",
    "layers",
    "life-buoy",
    "link",
    "list-checks",
    "list-ordered",
    "list-x",
    "lock",
    "log-in",
    "log-out",
    "mail",
    "mail-check",
    "mail-open",
    "mail-x",
    "megaphone",
    "menu",
    "merge",
    "message-square",
    "monitor",
    "moon",
    "pencil",
    "phone",
    "phone-incoming",
    "phone-off",
    "phone-outgoing",
    "play",
    "plug",
    "plus",
    "radio-tower",
    "refresh-cw",
    "rotate-ccw",
    "route",
    "scale",
    "scroll-text",
    "search",
    "send",
    "server",
    "settings",
    "shield",
    "shield-check",
    "shield-off",
    "siren",
    "smartphone",
    "sparkles",
    "split",
    "sun",
    "tag",
    "target",
    "ticket",
    "timer",
    "trash-2",
    "trending-up",
    "triangle-alert",
    "undo-2",
    "unlink",
    "unplug",
    "user",
    "user-plus",
    "user-x",
    "users",
    "video",
    "waypoints",
    "webhook",
    "wrench",
    "x",
    "zap",
]

# Characters kept: Latin-1 and the punctuation, spaces and arrows the screens print.
_PUNCTUATION = [0x131, 0x152, 0x153, 0x2C6, 0x2DA, 0x2DC, 0x2009, 0x202F, 0x20AC, 0x2122, 0x2212]
_PUNCTUATION += [*range(0x2010, 0x2016), *range(0x2018, 0x201F), 0x2022, 0x2026, 0x2039, 0x203A]
_PUNCTUATION += [*range(0x2190, 0x2194)]
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), *_PUNCTUATION]
LATIN_EXT = [*range(0x100, 0x180), *range(0x218, 0x21C)]
# The page at 3 a.m. has 60 kB for everything: plain letters and the commonest accents only.
PAGE = [*range(0x20, 0x7F), 0xA0, 0xB7, 0x2009, 0x202F, 0x2013, 0x2019, 0x201C, 0x201D, 0x2026]
PAGE += [ord(letter) for letter in "áéíóúñüöäßàèçåøÁÉÖÄÜ"]
TEXT_FEATURES = ["calt", "ccmp", "kern", "locl", "mark", "mkmk", "tnum", "frac"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One font file: where it comes from, which letters and which range of each axis stay."""

    source: str
    target: str
    letters: list[int]
    axes: dict[str, tuple[int, int] | int]
    features: list[str]


_INTER = "@fontsource-variable/inter/files/inter-{}-opsz-normal.woff2"
_MONO = "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2"
CUTS = [
    Cut(_INTER.format("latin"), "inter/inter-latin.woff2", LATIN, {"wght": (400, 700)}, TEXT_FEATURES),
    Cut(
        _INTER.format("latin-ext"),
        "inter/inter-latin-ext.woff2",
        LATIN_EXT,
        {"wght": (400, 700)},
        TEXT_FEATURES,
    ),
    Cut(
        _INTER.format("latin"),
        "inter/inter-page.woff2",
        PAGE,
        {"wght": (400, 700), "opsz": 18},
        TEXT_FEATURES,
    ),
    Cut(_MONO, "jetbrains-mono/mono-latin.woff2", LATIN, {"wght": (400, 700)}, ["ccmp", "locl"]),
]

# (package, file in it, file under static/vendor)
COPIES = [
    ("htmx.org", "dist/htmx.min.js", "htmx/htmx.min.js"),
    ("htmx.org", "LICENSE", "htmx/LICENSE"),
    ("htmx-ext-sse", "dist/sse.min.js", "htmx/sse.min.js"),
    ("@alpinejs/csp", "dist/cdn.min.js", "alpine/alpine-csp.min.js"),
    ("uplot", "dist/uPlot.iife.min.js", "uplot/uplot.min.js"),
    ("uplot", "dist/uPlot.min.css", "uplot/uplot.min.css"),
    ("uplot", "LICENSE", "uplot/LICENSE"),
    ("lucide-static", "LICENSE", "lucide/LICENSE"),
    ("@fontsource-variable/inter", "LICENSE", "inter/LICENSE"),
    ("@fontsource-variable/jetbrains-mono", "LICENSE", "jetbrains-mono/LICENSE"),
]


def main() -> None:
    """Rebuild static/vendor, tests/browser/vendor and vendor.json from the lock file."""
    with tempfile.TemporaryDirectory() as scratch:
        modules = install(Path(scratch))
        shutil.rmtree(STATIC, ignore_errors=True)
        for package, source, target in COPIES:
            copy(modules / package / source, STATIC / target)
        for cut in CUTS:
            write(STATIC / cut.target, cut_font(modules / cut.source, cut))
        write(STATIC / "lucide" / "sprite.svg", sprite(modules / "lucide-static" / "icons").encode())
        copy(modules / "axe-core" / "axe.min.js", TEST_VENDOR / "axe.min.js")
        copy(modules / "axe-core" / "LICENSE", TEST_VENDOR / "LICENSE")
        write(WEB / "vendor.json", (json.dumps(inventory(modules), indent=2) + "\n").encode())


def install(scratch: Path) -> Path:
    """Install the locked packages into `scratch` (no install scripts run) and answer the modules folder."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TOOLS / name, scratch / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=scratch, check=True)
    return scratch / "node_modules"


def cut_font(source: Path, cut: Cut) -> bytes:
    """The font with only `cut`'s letters, axes and features, as WOFF2."""
    options = subset.Options()
    options.layout_features = cut.features
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = TTFont(source)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=cut.letters)
    cutter.subset(font)
    font.flavor = None
    plain = BytesIO()
    font.save(plain)
    plain.seek(0)
    small = instancer.instantiateVariableFont(TTFont(plain), cut.axes)
    small.flavor = "woff2"
    packed = BytesIO()
    small.save(packed)
    return packed.getvalue()


def sprite(icons: Path) -> str:
    """One SVG with a symbol per used icon; stroke and size come from our style sheet."""
    symbols = []
    for name in sorted(ICONS):
        svg = (icons / f"{name}.svg").read_text()
        body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
        body = re.sub(r"\s+", " ", re.sub(r">\s+<", "><", body)).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    head = "<!-- Lucide, ISC licence, see LICENSE beside this file -->\n"
    return head + '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def inventory(modules: Path) -> dict[str, object]:
    """What is vendored: each package with version and licence, each file with its SHA-256."""
    wanted = json.loads((TOOLS / "package.json").read_text())["dependencies"]
    packages = []
    for name in sorted(wanted):
        facts = json.loads((modules / name / "package.json").read_text())
        packages.append({"name": name, "version": facts["version"], "licence": facts.get("license", "")})
    files = {
        path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(STATIC.rglob("*"))
        if path.is_file()
    }
    return {"packages": packages, "files": files}


def copy(source: Path, target: Path) -> None:
    """Copy one file, making its folder; source map hints are dropped, the maps are not shipped."""
    text = re.sub(rb"\n?//# sourceMappingURL=.*\n?", b"\n", source.read_bytes())
    write(target, text)


def write(target: Path, content: bytes) -> None:
    """Write one file, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


if __name__ == "__main__":
    main()
