"""Every screen of the URL configuration, in Chromium, on one real installation with the demo company.

At 1440 and 390 pixels, light and dark: it answers, nothing complains in the console, axe finds nothing. A new
route without a line in the tables below fails `test_every_route_has_its_example`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page

from browser.rig import AXE, chromium, page_at
from processes.running import Up, up

pytestmark = pytest.mark.browser

SCREENS = {
    "": "/",
    "alerts": "/alerts",
    "alerts/unattended": "/alerts/unattended",
    "alerts/<str:public_id>": "/alerts/{alert}",
    "oncall": "/oncall",
    "oncall/<slug:handle>": "/oncall/{schedule}?days=28",
    "my-oncall": "/my-oncall",
    "services": "/services",
    "services/<slug:handle>": "/services/{service}",
    "readiness": "/readiness",
    "deliveries": "/deliveries",
    "health": "/health",
    "search": "/search?q=check",
    "more": "/more",
    "people": "/people",
    "people/<slug:handle>": "/people/mara",
    "pages/<str:public_id>": "/pages/{page}",
    "incidents": "/incidents",
    "incidents/declare": "/incidents/declare",
    "incidents/<str:incident_id>": "/incidents/{incident}",
    "incidents/<str:incident_id>/update": "/incidents/{incident}/update",
    "incidents/<str:incident_id>/publish": "/incidents/{incident}/publish",
    "incidents/<str:incident_id>/handover": "/incidents/{incident}/handover",
    "incidents/<str:incident_id>/take": "/incidents/{incident}/take",
    "incidents/<str:incident_id>/roles": "/incidents/{incident}/roles",
    "incidents/<str:incident_id>/severity": "/incidents/{incident}/severity",
    "incidents/<str:incident_id>/impact": "/incidents/{incident}/impact",
    "incidents/<str:incident_id>/page": "/incidents/{incident}/page",
    "incidents/<str:incident_id>/document": "/incidents/{incident}/document",
    "incidents/<str:incident_id>/mitigate": "/incidents/{incident}/mitigate",
    "incidents/<str:incident_id>/resolve": "/incidents/{incident}/resolve",
    "incidents/<str:incident_id>/reopen": "/incidents/{draft}/reopen",
    "incidents/<str:incident_id>/dismiss": "/incidents/{incident}/dismiss",
    "incidents/<str:incident_id>/backlog": "/incidents/{incident}/backlog",
    "incidents/<str:incident_id>/merge": "/incidents/{incident}/merge",
    "incidents/<str:incident_id>/postmortem": "/incidents/{published}/postmortem",
    r"^incidents/(?P<incident_id>[\w-]+)/postmortem"
    r"/(?P<verb>return|withdraw|waive|meeting|reviewers|cause)$": "/incidents/{draft}/postmortem/meeting",
    "postmortems": "/postmortems",
    "actions": "/actions",
    "actions/<str:public_id>": "/actions/ACT-1",
    "reports": "/reports",
    "reports/<path:number>": "/reports/MTTR",
    "status-pages": "/status-pages",
    "sign-in/logout/": "/sign-in/logout/",
    "sign-in/inactive/": "/sign-in/inactive/",
    "sign-in/reauthenticate/": "/sign-in/reauthenticate/",
    "sign-in/email/": "/sign-in/email/",
    "sign-in/confirm-email/": "/sign-in/confirm-email/",
    "sign-in/^confirm-email/(?P<key>[-:\\w]+)/$": "/sign-in/confirm-email/abc/",
    "sign-in/password/change/": "/sign-in/password/change/",
    "sign-in/password/reset/": "/sign-in/password/reset/",
    "sign-in/password/reset/done/": "/sign-in/password/reset/done/",
    "sign-in/password/reset/key/done/": "/sign-in/password/reset/key/done/",
    "sign-in/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
        "/sign-in/password/reset/key/1-abc/"
    ),
    "sign-in/2fa/": "/sign-in/2fa/",
}
"""What a responder opens."""

MANAGED = {
    "schedules/new": "/schedules/new?team=payments&pattern=sun",
    "schedules/<slug:handle>/edit": "/schedules/payments-primary/edit",
    "settings": "/settings",
    "settings/me": "/settings/me",
    "settings/me/rules": "/settings/me/rules",
    "settings/teams": "/settings/teams",
    "settings/integrations": "/settings/integrations",
    "settings/integrations/<slug:handle>": "/settings/integrations/alertmanager",
    "settings/policies": "/settings/policies",
    "policies/new": "/policies/new?team=payments",
    "policies/<slug:handle>/edit": "/policies/payments/edit",
    "settings/policies/<slug:handle>": "/settings/policies/payments",
    "settings/standard": "/settings/standard",
    "settings/silences": "/settings/silences",
}
"""What a manager opens."""

SIGNED_OUT = {
    "sign-in/": "/sign-in/",
    "set-up/<str:secret>/": "{set_up}",
    "sign-in/login/": "/sign-in/login/",
}
"""What somebody opens who has not signed in."""

OTHERWISE = {
    "readyz": ("/readyz", 200),
    "sw.js": ("/sw.js", 200),
    "incidents/declare/preview": ("/incidents/declare/preview", 200),
    "p/<str:token>": ("/p/wrong", 410),
    "calendars/<str:secret>.ics": ("/calendars/wrong.ics", 404),
    "sign-in/signup/": ("/sign-in/signup/", 302),
    "sign-in/password/set/": ("/sign-in/password/set/", 302),
    "sign-in/login/code/confirm/": ("/sign-in/login/code/confirm/", 302),
    "sign-in/2fa/authenticate/": ("/sign-in/2fa/authenticate/", 302),
    "sign-in/2fa/reauthenticate/": ("/sign-in/2fa/reauthenticate/", 302),
    "sign-in/2fa/totp/activate/": ("/sign-in/2fa/totp/activate/", 302),
    "sign-in/2fa/totp/deactivate/": ("/sign-in/2fa/totp/deactivate/", 404),
    "sign-in/2fa/recovery-codes/": ("/sign-in/2fa/recovery-codes/", 404),
    "sign-in/2fa/recovery-codes/generate/": ("/sign-in/2fa/recovery-codes/generate/", 302),
    "sign-in/2fa/recovery-codes/download/": ("/sign-in/2fa/recovery-codes/download/", 404),
}
"""What answers a signed-in responder with no page of its own, and how."""

POSTED = {
    r"^alerts/(?P<public_id>[\w-]+)/(?P<verb>acknowledge|unacknowledge|resolve|snooze|escalate|reassign)$": (
        "/alerts/{alert}/acknowledge"
    ),
    "oncall/<slug:handle>/override": "/oncall/{schedule}/override",
    "oncall/<slug:handle>/note": "/oncall/{schedule}/note",
    r"^my-oncall/covers/(?P<cover_id>\d{1,18})/(?P<verb>accept|decline|withdraw)$": (
        "/my-oncall/covers/1/accept"
    ),
    "my-oncall/leaves/<int:leave_id>/end": "/my-oncall/leaves/1/end",
    "my-oncall/feeds/<int:feed_id>/revoke": "/my-oncall/feeds/1/revoke",
    "p/<str:token>/acknowledge": "/p/wrong/acknowledge",
    "people/<slug:handle>/invite": "/people/mara/invite",
    "people/<slug:handle>/end": "/people/mara/end",
    "people/<slug:handle>/restore": "/people/mara/restore",
    "pages/<str:public_id>/acknowledge": "/pages/{page}/acknowledge",
    "pages/<str:public_id>/escalate": "/pages/{page}/escalate",
    "settings/me/contacts/add/<slug:kind>": "/settings/me/contacts/add/email",
    r"^settings/me/contacts/(?P<contact_id>\d{1,18})/(?P<verb>code|test|remove)$": (
        "/settings/me/contacts/1/test"
    ),
    "settings/me/contacts/<int:contact_id>/prove": "/settings/me/contacts/1/prove",
    "settings/me/test": "/settings/me/test",
    "readiness/plan": "/readiness/plan",
    "settings/me/tokens": "/settings/me/tokens",
    "settings/me/tokens/<int:token_id>/revoke": "/settings/me/tokens/1/revoke",
    "settings/integrations/<slug:handle>/rotate": "/settings/integrations/alertmanager/rotate",
    "settings/integrations/<slug:handle>/retire": "/settings/integrations/alertmanager/retire",
    "settings/silences/<int:silence_id>/end": "/settings/silences/1/end",
    "incidents/<str:incident_id>/claim": "/incidents/{incident}/claim",
    "incidents/<str:incident_id>/phase": "/incidents/{incident}/phase",
    "incidents/<str:incident_id>/tasks": "/incidents/{incident}/tasks",
    "incidents/<str:incident_id>/tasks/<int:task_id>/done": "/incidents/{incident}/tasks/1/done",
    "incidents/<str:incident_id>/tick/<slug:checklist>/<slug:item>": "/incidents/{incident}/tick/a/b",
    r"^incidents/(?P<incident_id>[\w-]+)/presence/(?P<state>joined|ready|left)$": (
        "/incidents/{incident}/presence/joined"
    ),
    "incidents/<str:incident_id>/line": "/incidents/{incident}/line",
    "incidents/<str:incident_id>/gate/<slug:check>": "/incidents/{incident}/gate/a",
    "incidents/<str:incident_id>/postmortem/draft": "/incidents/{draft}/postmortem/draft",
    "incidents/<str:incident_id>/postmortem/sections": "/incidents/{draft}/postmortem/sections",
    "incidents/<str:incident_id>/postmortem/actions": "/incidents/{draft}/postmortem/actions",
    r"^incidents/(?P<incident_id>[\w-]+)/postmortem/(?P<verb>submit|publish|held)$": (
        "/incidents/{draft}/postmortem/submit"
    ),
    "actions/<str:public_id>/done": "/actions/ACT-1/done",
    "status-pages/<slug:slug>/components/<int:component_id>": "/status-pages/main/components/1",
}
"""What only takes a POST: opening it must change nothing, and says so with 405."""

PUBLIC = ["/status/main/", "/no-such-page"]
"""Pages that no route of Django's makes, or that none is behind."""

_EXAMPLES = """
    SELECT
        (SELECT 'ALR-' || max(id) FROM detect_alert),
        (SELECT 'INC-' || max(id) FROM evaluate_incident WHERE resolved_at IS NULL),
        (SELECT 'INC-' || max(incident_id) FROM postmortem_postmortem WHERE state = 'draft'),
        (SELECT 'INC-' || max(incident_id) FROM postmortem_postmortem WHERE state = 'published'),
        (SELECT 'PG-' || max(id) FROM paging_page),
        (SELECT min(handle) FROM oncall_schedule),
        (SELECT min(handle) FROM catalog_service WHERE handle <> 'muster')
"""
_NAMES = ("alert", "incident", "draft", "published", "page", "schedule", "service")

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
