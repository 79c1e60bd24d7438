"""A team of eight makes its rota on a phone, and as code: the same shifts for a year.

In the same installation: dragging along the final line with a mouse, and the same with keys only.
"""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser.rig import chromium, page_at
from browser.test_screens import signed_in
from processes.running import MUSTER, Up, bare, up

pytestmark = pytest.mark.browser

EIGHT = {
    "nora": "Europe/Madrid",
    "oleg": "Europe/Madrid",
    "pilar": "Europe/Madrid",
    "quinn": "America/New_York",
    "rosa": "America/New_York",
    "sven": "America/New_York",
    "tomo": "Asia/Tokyo",
    "yuna": "Asia/Tokyo",
}
NAMES = {handle: f"{handle.title()} Eight" for handle in EIGHT}
SCREEN_START, SUN_START = "2026-11-02T09:00", "2026-11-02T00:00"


def people() -> str:
    """The team, without any schedule; Ines of the demo company is its manager."""
    rows = [
        f"  - {{handle: {handle}, name: {NAMES[handle]}, email: {handle}@eight.example, role: responder,"
        f" timezone: {zone}, contacts: [{{kind: email, address: {handle}@eight.example}}]}}"
        for handle, zone in EIGHT.items()
    ]
    members = ", ".join(EIGHT)
    facts = f"members: [{members}], manager: ines, timezone: Europe/Madrid"
    team = f"teams: [{{handle: eight, name: Eight, {facts}}}]"
    return "\n".join(["version: 1", "people:", *rows, team, ""])


def code() -> str:
    """The same rota as the phone makes, as code."""

    def sun(zone: str, until: str) -> str:
        members = ", ".join(handle for handle, where in EIGHT.items() if where == zone)
        hours = f'[{{from: "08:00", to: "{until}"}}]'
        return (
            f'{{every: 1 week, start: "{SUN_START}", timezone: {zone}, people: [{members}], only: {hours}}}'
        )

    everybody = list(EIGHT)
    weekly = f'every: 1 week, start: "{SCREEN_START}"'
    return f"""version: 1
schedules:
  - {{handle: code-primary, team: eight, timezone: Europe/Madrid,
      layers: [{{{weekly}, people: [{", ".join(everybody)}]}}]}}
  - {{handle: code-secondary, team: eight, timezone: Europe/Madrid,
      layers: [{{{weekly}, people: [{", ".join(everybody[1:] + everybody[:1])}]}}]}}
  - {{handle: code-sun, team: eight, timezone: Europe/Madrid,
      layers: [{sun("Europe/Madrid", "16:00")}, {sun("America/New_York", "18:00")},
               {sun("Asia/Tokyo", "16:00")}]}}
"""


@pytest.fixture(scope="module")
def demo(scratch: Path) -> Iterator[Up]:
    with up("--data", str(scratch / "phone"), "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def muster(demo: Up, *arguments: str) -> Any:
    """What the command line answers."""
    env = bare(MUSTER_URL=demo.url, MUSTER_TOKEN=demo.ready["token"])
    done = subprocess.run(
        [MUSTER, *arguments, "--json"], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def apply(demo: Up, folder: Path, text: str) -> None:
    file = folder / "eight.yaml"
    file.write_text(text, "utf-8")
    muster(demo, "apply", "-f", str(file))


def year(demo: Up, handle: str, start: datetime) -> list[tuple[str, str, tuple[str, ...]]]:
    """The shifts of a year from `start` on."""
    span = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (start, start + timedelta(days=365))]
    found = muster(demo, "schedule", "shifts", handle, "--from", span[0], "--to", span[1])
    return [(one["start"], one["end"], tuple(one["people"])) for one in found]


def choose(page: Page, pattern: str) -> None:
    page.get_by_label("Team").select_option("eight")
    page.get_by_label("Begin with").select_option(pattern)
    page.get_by_role("button", name="Begin", exact=True).click()


def turn(page: Page, handle: str, layer: int, value: str) -> None:
    page.get_by_label(f"Turn of {NAMES[handle]} in layer {layer}").fill(value)


def make_weekly(page: Page, demo: Up) -> None:
    """Primary and secondary: a week each, looked at before it is saved."""
    choose(page, "weekly")
    page.get_by_label("First hand-over").fill(SCREEN_START)
    for number, handle in enumerate(EIGHT, 1):
        turn(page, handle, 1, str(number))
    page.get_by_label("Make a secondary too").check()
    page.get_by_role("button", name="Preview").last.click()
    said = page.locator("#main").inner_text()
    assert "Somebody is on call at every hour" in said
    assert "this shift is one hour shorter: the clocks of Europe/Madrid change" in said
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url(demo.url + "/oncall/eight-primary")


def make_sun(page: Page, demo: Up) -> None:
    """A layer for each zone of the team's people, by its own clock."""
    choose(page, "sun")
    page.get_by_label("Name", exact=True).fill("Eight sun")
    zones = [page.locator(f"[name=l{n}-timezone]").input_value() for n in range(3)]
    assert sorted(zones) == sorted(set(EIGHT.values()))
    # The form lays the regions out in the order of the team; the rota wants Madrid, New York, Tokyo.
    for n, zone in enumerate(dict.fromkeys(EIGHT.values())):
        page.locator(f"[name=l{n}-timezone]").fill(zone)
        page.locator(f"[name=l{n}-start]").fill(SUN_START)
        page.locator(f"[name=l{n}-opens]").fill("08:00")
        page.locator(f"[name=l{n}-closes]").fill("18:00" if zone == "America/New_York" else "16:00")
        own = [handle for handle, where in EIGHT.items() if where == zone]
        for handle in EIGHT:
            turn(page, handle, n + 1, str(own.index(handle) + 1) if handle in own else "")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url(demo.url + "/oncall/eight-sun")


def test_a_new_user_makes_the_rota_of_eight_on_a_phone_and_code_says_the_same(
    browser: Browser, demo: Up, tmp_path: Path
) -> None:
    apply(demo, tmp_path, people())
    with page_at(browser, 390, 844, "light") as page:
        signed_in(page, demo, "manager")
        page.goto(demo.url + "/oncall")
        page.get_by_role("link", name="New schedule").click()
        make_weekly(page, demo)
        page.goto(demo.url + "/schedules/new")
        make_sun(page, demo)
        assert page.complaints == []  # type: ignore[attr-defined]

    apply(demo, tmp_path, code())
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    counts = {}
    for kind in ("primary", "secondary", "sun"):
        shifts = year(demo, f"eight-{kind}", start)
        assert shifts == year(demo, f"code-{kind}", start), kind
        counts[kind] = len(shifts)
    assert counts["primary"] == counts["secondary"] in (53, 54)
    assert counts["sun"] > 365 * 3
    print(counts)


def test_a_stretch_is_dragged_with_a_mouse_and_saved_by_the_form(browser: Browser, demo: Up) -> None:
    with page_at(browser, 1440, 900, "light") as page:
        signed_in(page, demo, "manager")
        page.goto(demo.url + "/oncall/payments-primary?from=2030-01-07&days=7")
        box = page.locator("svg.sched-lane.sched-final").bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 2 / 7, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 2.25 / 7, y, steps=4)
        page.mouse.move(box["x"] + box["width"] * 2.5 / 7, y)
        page.mouse.up()
        assert page.locator("#cover [name=from]").input_value() == "2030-01-09T00:00"
        assert page.locator("#cover [name=until]").input_value() == "2030-01-09T12:00"
        page.locator("#cover [name=person]").select_option(label="Lena Brandt")
        page.get_by_role("button", name="Cover it").click()
        page.wait_for_url(demo.url + "/oncall/payments-primary")
    told = muster(demo, "oncall", "--schedule", "payments-primary", "--at", "2030-01-09T05:00:00Z")
    assert told["people"] == ["lena"]


def test_the_same_is_done_with_keys_alone(browser: Browser, demo: Up) -> None:
    with page_at(browser, 1440, 900, "light") as page:
        signed_in(page, demo, "responder")
        page.goto(demo.url + "/oncall/payments-primary?from=2030-02-04&days=7")
        page.get_by_role("link", name="first half").last.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/oncall/payments-primary?cover=*")
        page.locator("#cover [name=from]").focus()
        chosen = page.locator("#cover [name=from]").input_value()
        assert chosen.startswith("2030-02-04")
        page.get_by_role("button", name="Cover it").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(demo.url + "/oncall/payments-primary")
    told = muster(demo, "oncall", "--schedule", "payments-primary", "--at", "2030-02-05T12:00:00Z")
    assert told["people"] == ["mara"]
