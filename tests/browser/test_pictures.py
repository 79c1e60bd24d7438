"""The screens that are mostly a picture, with something in them: a storm, what is muted, a service's map.

On the demo company, in which a database fails: what stands on it is held back or pages as one group each.
"""

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.rig import chromium, page_at
from browser.test_screens import faults, signed_in
from processes.running import Up, eventually, up

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("MUSTER_PICTURES")
"""A folder for pictures of each screen; nothing is drawn without it."""
STORM = {
    "payments-db": 6,
    "checkout-api": 38,
    "storefront-web": 24,
    "ledger-worker": 14,
    "search-index": 9,
    "cdn-edge": 3,
}


class Company:
    """The demo company by its API."""

    def __init__(self, demo: Up) -> None:
        self.demo = demo

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as its admin."""
        headers = {"Authorization": f"Bearer {self.demo.ready['token']}", "Content-Type": "application/json"}
        return self._sent(method, f"/api/v1{path}", body, headers)

    def _sent(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.demo.url + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def send(self, service: str, count: int) -> None:
        """A sender of its own says that a service fails, so many times."""
        told = self.ask(
            "POST", "/integrations", {"handle": f"{service}-fails", "kind": "generic", "service": service}
        )
        body = [
            {"summary": f"{service} fails on host {n}", "severity": "critical", "key": f"{service}-{n}"}
            for n in range(count)
        ]
        self._sent("POST", f"/in/generic/{told['key']}", body, {"Content-Type": "application/json"})

    def fail(self) -> None:
        """The database fails, and what stands on it."""
        rule = {"handle": "by-service", "kind": "grouping", "why": "One story for one service"}
        self.ask("POST", "/rules", rule | {"fields": {"by": ["service"]}})
        self.ask("PATCH", "/services/ledger-worker", {"hold_when_dependency_down": True})
        silence = {"matchers": ['service="search-index"'], "why": "Moving the index", "for": "45m"}
        self.ask("POST", "/silences", silence)
        work = {"handle": "edge-now", "kind": "maintenance", "name": "Edge upgrade", "why": "New kernels"}
        work |= {"fields": {"services": ["cdn-edge"], "starts": "2026-01-05T00:00", "lasts": "1d"}}
        work["fields"] |= {"timezone": "Europe/Berlin", "repeat": "FREQ=DAILY"}
        self.ask("POST", "/rules", work)
        incident = {"title": "The payments database fails", "services": ["payments-db"], "severity": "SEV1"}
        self.ask("POST", "/incidents", incident)
        for service, count in STORM.items():
            self.send(service, count)
        assert eventually(lambda: self.ask("GET", "/storm")["alerts"] >= sum(STORM.values()), 60)
        assert eventually(self._is_judged, 60)

    def _is_judged(self) -> bool:
        told = self.ask("GET", "/storm")
        held = {one["by"].partition(":")[0] for one in told["held_by"]}
        return bool(held >= {"silence", "maintenance", "dependency"} and told["group_count"] >= 3)


@pytest.fixture(scope="module")
def company(scratch: Path) -> Iterator[Company]:
    with up("--data", str(scratch / "pictures"), "--demo") as running:
        made = Company(running)
        made.fail()
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def responder(browser: Browser, company: Company) -> Iterator[Page]:
    with page_at(browser, 1440, 900, "light") as page:
        yield signed_in(page, company.demo, "responder")


def drawn(page: Page, company: Company, path: str, name: str) -> None:
    """A picture of a screen at both sizes and in both themes, where somebody asked for them."""
    if not PICTURES:
        return
    for width, theme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.goto(company.demo.url + path)
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{theme}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/alerts/storm", "storm"),
        ("/alerts/storm?service=checkout-api&state=all&of=24h", "storm-one"),
        ("/alerts/muted", "muted"),
        ("/alerts/muted?view=month", "muted-month"),
        ("/services/checkout-api", "map"),
        ("/services/payments-db", "map-db"),
    ],
)
def test_each_is_without_fault_at_every_size(responder: Page, company: Company, path: str, name: str) -> None:
    drawn(responder, company, path, name)
    assert faults(responder, company.demo.url + path) == []


def test_a_group_is_taken_in_a_storm_and_given_back_by_undo(responder: Page, company: Company) -> None:
    responder.set_viewport_size({"width": 1440, "height": 900})
    responder.goto(company.demo.url + "/alerts/storm")
    row = responder.locator("#groups tr[data-row]", has_text="checkout-api")
    row.get_by_role("button", name="Acknowledge").click()
    expect(responder.locator(".toast")).to_contain_text("You have 1 group.")
    expect(row).to_contain_text("You")
    responder.get_by_role("button", name="Undo").click()
    expect(responder.locator(".toast")).to_contain_text("Given back.")
    expect(row.get_by_role("button", name="Acknowledge")).to_be_visible()


def test_ticked_groups_are_attached_with_the_keyboard(responder: Page, company: Company) -> None:
    responder.goto(company.demo.url + "/alerts/storm")
    tick = responder.locator("#groups .pick").first
    tick.focus()
    responder.keyboard.press("Space")
    expect(responder.locator("#bulk")).to_be_visible()
    responder.locator("#bulk").get_by_role("button", name="Attach").press("Enter")
    expect(responder.locator(".toast")).to_contain_text("1 group belongs to INC-")
    responder.get_by_role("button", name="Undo").press("Enter")
    expect(responder.locator(".toast")).to_contain_text("any more.")


def test_without_scripts_all_of_it_is_there_and_works(browser: Browser, company: Company) -> None:
    """A phone without JavaScript: the banner, the three largest, one press to take a group."""
    with page_at(browser, 390, 844, "dark") as page:
        signed_in(page, company.demo, "responder")
        kept = page.context.storage_state()
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, storage_state=kept
    )
    page = context.new_page()
    page.goto(company.demo.url + "/alerts/storm")
    # After a while there are alerts of Muster's own beside them, for the demo has no mail server.
    told = company.ask("GET", "/storm")
    assert STORM.items() <= {lane["service"]: lane["alerts"] for lane in told["lanes"]}.items()

    def banner_says_so() -> bool:
        told = company.ask("GET", "/storm")
        page.reload()
        words = f"{told['alerts']} alerts from {told['service_count']} services since"
        return words in page.inner_text(".phone-only .banner")

    assert eventually(banner_says_so, 10)
    largest = page.locator(".storm-group")
    assert largest.count() == 3
    expect(largest.first).to_contain_text("38 alerts")
    largest.first.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".toast")).to_contain_text("You have 1 group.")
    page.get_by_role("button", name="Undo").click()
    context.close()


def test_what_is_muted_ends_early_and_goes_on_by_undo(responder: Page, company: Company) -> None:
    responder.set_viewport_size({"width": 1440, "height": 900})
    responder.goto(company.demo.url + "/alerts/muted")
    row = responder.locator("#row-silence-1")
    expect(row).to_contain_text("holds 9 alerts")
    expect(row).to_contain_text("ends within the hour")
    row.get_by_role("button", name="End it now").click()
    expect(responder.locator(".toast")).to_contain_text("Ended.")
    expect(row).to_have_count(0)
    responder.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()


def test_the_map_leads_from_service_to_service_by_keyboard(responder: Page, company: Company) -> None:
    responder.goto(company.demo.url + "/services/checkout-api")
    link = responder.locator(".map").get_by_role("link", name="Payments database")
    expect(responder.locator(".map-box", has_text="Payments database")).to_contain_text("SEV1, INC-")
    link.focus()
    responder.keyboard.press("Enter")
    responder.wait_for_url(company.demo.url + "/services/payments-db")
    expect(responder.locator(".map-note").last).to_contain_text("If it fails:")
