"""Every screen of the URL configuration, in Chromium, on one real installation with the demo company.

At 1440 and 390 pixels, light and dark: it answers, nothing complains in the console, axe finds nothing. A new
route without a line in `addresses.py` fails `test_every_route_has_its_example`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page

from browser.addresses import MANAGED, OTHERWISE, POSTED, SCREENS, SIGNED_OUT
from browser.rig import AXE, chromium, page_at
from processes.running import Up, up

pytestmark = pytest.mark.browser

_EXAMPLES = """
    SELECT
        (SELECT 'ALR-' || max(id) FROM detect_alert),
        (SELECT 'INC-' || max(id) FROM evaluate_incident WHERE resolved_at IS NULL),
        (SELECT 'INC-' || max(incident_id) FROM postmortem_postmortem WHERE state = 'draft'),
        (SELECT 'INC-' || max(incident_id) FROM postmortem_postmortem WHERE state = 'published'),
        (SELECT 'PG-' || max(id) FROM paging_page),
        (SELECT min(handle) FROM oncall_schedule),
        (SELECT min(handle) FROM catalog_service WHERE handle <> 'muster'),
        (SELECT 'ALR-' || max(id) FROM detect_alert WHERE summary LIKE 'Probe from edge-%')
"""
_NAMES = ("alert", "incident", "draft", "published", "page", "schedule", "service", "noisy")

_AXE = """async (themes) => (await axe.run(document, {resultTypes: ['violations'], runOnly: themes
    ? ['color-contrast', 'target-size']
    : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations
    .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 140)}`))"""
_LOOKS = [(1440, "light", False), (1440, "dark", True), (390, "dark", False), (390, "light", True)]


@pytest.fixture(scope="module")
def demo(scratch: Path) -> Iterator[Up]:
    with up("--data", str(scratch / "screens"), "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def examples(demo: Up) -> dict[str, str]:
    with psycopg.connect(demo.ready["database"]) as connection:
        row = connection.execute(_EXAMPLES).fetchone()
    assert row is not None
    assert all(row), row
    secret = demo.ready["setup_url"].removeprefix(demo.url)
    return dict(zip(_NAMES, row, strict=True)) | {"set_up": secret}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[Page]:
    """Somebody who has not signed in."""
    with page_at(browser, 1440, 900, "light") as page:
        yield page


@pytest.fixture(scope="module")
def responder(browser: Browser, demo: Up) -> Iterator[Page]:
    with page_at(browser, 1440, 900, "light") as page:
        yield signed_in(page, demo, "responder")


@pytest.fixture(scope="module")
def manager(browser: Browser, demo: Up) -> Iterator[Page]:
    with page_at(browser, 1440, 900, "light") as page:
        yield signed_in(page, demo, "manager")


def signed_in(page: Page, demo: Up, role: str) -> Page:
    login = next(login for login in demo.ready["logins"] if login["role"] == role)
    page.goto(demo.url + "/sign-in/")
    page.fill("[name=login]", login["email"])
    page.fill("[name=password]", login["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(demo.url + "/")
    return page


def routes() -> set[str]:
    """Every route of the URL configuration as it is written, without the API's."""
    return {route for route in _walk(get_resolver(), "") if not route.startswith("api/")}


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        here = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield here
        else:
            yield from _walk(entry, here)


def faults(page: Page, url: str, expected: int = 200) -> list[str]:
    """What is wrong with one screen, at each size and in each theme."""
    complaints: list[str] = page.complaints  # type: ignore[attr-defined]
    complaints.clear()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    answer = page.goto(url, wait_until="load")
    if answer is None or answer.status != expected:
        return [f"answered {answer and answer.status}"]
    # Taken before axe runs: axe itself probes with inline styles, which the policy refuses.
    found = [f"console: {said}" for said in complaints if str(expected) not in said or expected == 200]
    page.evaluate(AXE.read_text())
    for width, theme, only_themes in _LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        found += [f"{width} {theme}: {line}" for line in page.evaluate(_AXE, only_themes)]
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{width} {theme}: {over} px wider than the window"] if over > 0 else []
    return found


def all_faults(page: Page, demo: Up, paths: list[str]) -> dict[str, list[str]]:
    found = {path: faults(page, demo.url + path) for path in paths}
    return {path: lines for path, lines in found.items() if lines}


def shown(found: dict[str, list[str]]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False)


def test_every_route_has_its_example() -> None:
    known = [*SCREENS, *MANAGED, *SIGNED_OUT, *OTHERWISE, *POSTED]
    assert sorted(known) == sorted(routes())


def test_the_screens_of_a_responder_are_without_fault(
    responder: Page, demo: Up, examples: dict[str, str]
) -> None:
    paths = [path.format(**examples) for path in SCREENS.values()]
    assert shown(all_faults(responder, demo, paths)) == "{}"


def test_the_settings_of_a_manager_are_without_fault(
    manager: Page, demo: Up, examples: dict[str, str]
) -> None:
    paths = [path.format(**examples) for path in MANAGED.values()]
    assert shown(all_faults(manager, demo, paths)) == "{}"


def test_the_screens_before_signing_in_are_without_fault(
    visitor: Page, demo: Up, examples: dict[str, str]
) -> None:
    paths = [path.format(**examples) for path in SIGNED_OUT.values()]
    assert shown(all_faults(visitor, demo, paths)) == "{}"


def test_what_customers_read_is_without_fault(visitor: Page, demo: Up) -> None:
    assert faults(visitor, demo.url + "/status/main/") == []


def test_a_page_that_is_not_there_says_so_without_fault(responder: Page, demo: Up) -> None:
    assert faults(responder, demo.url + "/no-such-page", 404) == []


def test_a_link_that_does_not_hold_says_so_without_fault(visitor: Page, demo: Up) -> None:
    assert faults(visitor, demo.url + "/p/wrong", 410) == []


def test_what_only_takes_a_post_does_nothing_when_opened(
    responder: Page, demo: Up, examples: dict[str, str]
) -> None:
    ask = responder.context.request
    answers = {path: ask.get(demo.url + path.format(**examples)).status for path in POSTED.values()}
    assert {path: status for path, status in answers.items() if status != 405} == {}


def test_the_rest_answers_as_listed(responder: Page, demo: Up) -> None:
    ask = responder.context.request
    found = {path: ask.get(demo.url + path, max_redirects=0).status for path, _ in OTHERWISE.values()}
    assert found == dict(OTHERWISE.values())


def test_search_jumps_to_an_id_and_finds_by_words(
    responder: Page, demo: Up, examples: dict[str, str]
) -> None:
    responder.goto(f"{demo.url}/search?q={examples['incident'].lower()}")
    assert responder.url == f"{demo.url}/incidents/{examples['incident']}"
    responder.goto(f"{demo.url}/search?q=checkout")
    assert responder.get_by_role("link", name="Checkout API").count() == 1


def test_the_palette_finds_and_goes(responder: Page, demo: Up) -> None:
    responder.set_viewport_size({"width": 1440, "height": 900})
    responder.goto(demo.url + "/services")
    responder.keyboard.press("Control+k")
    responder.keyboard.type("Checkout API")
    responder.locator("#palette-hits a", has_text="Checkout API").first.wait_for()
    responder.keyboard.press("Enter")
    responder.wait_for_url(demo.url + "/services/checkout-api")


def test_a_manager_silences_and_ends_it(manager: Page, demo: Up) -> None:
    manager.goto(demo.url + "/settings/silences")
    manager.locator("summary", has_text="Silence alerts").click()
    manager.fill("[name=matchers]", 'service="checkout-api"')
    manager.fill("[name=why]", "Moving the database")
    manager.get_by_role("button", name="Silence them").click()
    manager.get_by_text("Moving the database").wait_for()
    manager.get_by_role("button", name="End it now").click()
    manager.get_by_role("heading", name="Nothing is silenced.").wait_for()


def test_a_contact_is_used_only_after_a_code_came_back_through_it(manager: Page, demo: Up) -> None:
    manager.goto(demo.url + "/settings/me")
    manager.locator("summary", has_text="Webhook").click()
    manager.locator("[name=webhook-url]").fill("https://hooks.example.com/ines")
    manager.locator("form[action$='/webhook']").get_by_role("button").click()
    manager.get_by_text("not proved").wait_for()
    manager.locator("[name=code]").fill("000 000")
    manager.get_by_role("button", name="Prove it").click()
    manager.get_by_text("That is not the code.").wait_for()
    assert manager.get_by_text("not proved").count() == 1


def test_a_key_is_shown_once(manager: Page, demo: Up) -> None:
    manager.goto(demo.url + "/settings/integrations")
    manager.locator("summary", has_text="Connect a sender").click()
    manager.select_option("[name=kind]", "alertmanager")
    manager.fill("[name=handle]", "browser-made")
    manager.get_by_role("button", name="Connect it").click()
    config = manager.locator("#secret").inner_text()
    key = config.partition("/in/alertmanager/")[2][:32]
    assert len(key) == 32
    assert key.isalnum()
    manager.goto(demo.url + "/settings/integrations/browser-made")
    assert key not in manager.content()


def test_a_mapping_is_tried_while_it_is_typed(manager: Page, demo: Up) -> None:
    """Without a press; and without scripts by its button."""
    where = demo.url + "/settings/integrations/billing-checks/mapping"
    manager.set_viewport_size({"width": 1440, "height": 900})
    manager.goto(where)
    manager.get_by_label("Summary", exact=True).fill("detail.what")
    manager.locator("#says").get_by_text("Invoices wait").first.wait_for()
    manager.get_by_role("button", name="Replay dry").click()
    manager.get_by_text("Replayed; nothing was changed").wait_for()
    context = manager.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(manager.context.cookies())  # type: ignore[arg-type]
    try:
        plain = context.new_page()
        plain.goto(where)
        plain.get_by_label("Summary", exact=True).fill("detail.what")
        plain.get_by_role("button", name="Try it").last.click()
        plain.locator("#says").get_by_text("Invoices wait").first.wait_for()
    finally:
        context.close()


def test_a_test_signal_is_watched_without_a_press(manager: Page, demo: Up) -> None:
    """Its path goes on by itself while the worker decides."""
    manager.goto(demo.url + "/settings/integrations/billing-checks")
    manager.get_by_role("button", name="Send a test signal").click()
    manager.locator("#path").get_by_text("pages people").wait_for()
    manager.get_by_role("button", name="End the test").click()
    manager.locator("#path").get_by_text("Ended").wait_for()


def test_a_view_is_saved_and_opened_by_the_keyboard(responder: Page, demo: Up) -> None:
    responder.set_viewport_size({"width": 1440, "height": 900})
    responder.goto(demo.url + "/alerts?state=all&q=lag")
    responder.keyboard.press("v")
    responder.get_by_label("Name", exact=True).fill("Lagging")
    responder.get_by_role("button", name="Save the view").click()
    responder.get_by_text("Saved as Lagging.").wait_for()
    responder.goto(demo.url + "/alerts?state=open")
    responder.keyboard.press("1")
    responder.wait_for_url("**/alerts?state=all&q=lag&view=*")
    responder.goto(demo.url + "/alerts/views")
    responder.get_by_role("button", name="Delete Lagging").click()
    responder.get_by_role("button", name="Undo").click()
    responder.get_by_text("Lagging is back.").wait_for()
