"""A page by web push, from the worker through a push service into Chromium, answered there (24a).

The push service is ours (Chromium's own stands on the internet); what it takes is opened with the browser's
keys and handed to Chromium's service worker as the browser would hand it over. Nothing goes to a vendor.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from browser.rig import chromium, page_at
from fakes.push import PushService
from muster.adapters.contacts.webpush.vapid import public_key
from processes.running import Up, eventually, up

pytestmark = pytest.mark.browser
SECRET = "the secret of an installation that only this test runs"
PEOPLE = """
version: 1
people: [{handle: ana, name: Ana Ruiz, email: ana@example.com, role: responder, contacts: [{contact}]}]
"""
PRESS = """(action) => self.registration.getNotifications().then(async ([notification]) => {
    const event = new NotificationEvent("notificationclick", {notification, action});
    const waiting = [];
    event.waitUntil = (promise) => waiting.push(promise);
    self.dispatchEvent(event);
    await Promise.all(waiting);
})"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with PushService(key=public_key(SECRET)) as opened:
        yield opened


@pytest.fixture(scope="module")
def muster(scratch: Path, service: PushService) -> Iterator[Up]:
    variables = {"MUSTER_SECRET_KEY": SECRET, "MUSTER_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8"}
    with up("--data", str(scratch / "push"), **variables) as running:
        yield running


@pytest.fixture(scope="module")
def api(muster: Up, service: PushService) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {muster.ready['token']}"}
    with httpx.Client(base_url=f"{muster.url}/api/v1", headers=headers, timeout=20) as client:
        contact = json.dumps({"kind": "webpush", **service.subscription})
        applied = client.post("/configuration/apply", content=PEOPLE.replace("{contact}", contact))
        assert applied.status_code == 200, applied.text
        yield client


@pytest.fixture(scope="module")
def phone(muster: Up) -> Iterator[Page]:
    with chromium() as browser, page_at(browser, 390, 844, "light") as page:
        page.context.grant_permissions(["notifications"], origin=muster.url)
        page.goto(muster.url + "/sign-in/")
        page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)")
        yield page


def deliver(page: Page, said: dict[str, Any]) -> None:
    """Hand a push to the service worker, as the browser does."""
    cdp = page.context.new_cdp_session(page)
    registrations: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(one["registrationId"] for one in told["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    assert eventually(lambda: page.wait_for_timeout(20) or bool(registrations))
    origin = page.evaluate("location.origin")
    cdp.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registrations[0], "data": json.dumps(said)},
    )


SHOWN = """navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) =>
    ({title: n.title, tag: n.tag, actions: n.actions.map((a) => a.title), stays: n.requireInteraction})))"""


def test_a_page_is_shown_with_its_buttons_and_acknowledged_from_the_notification(
    api: httpx.Client, service: PushService, phone: Page
) -> None:
    paged = api.post("/pages", json={"target": "person:ana", "summary": "Checkout is down"})
    assert paged.status_code == 201, paged.text
    service.wait_for(1)
    assert eventually(lambda: bool(service.taken))
    deliver(phone, service.taken[0])
    assert eventually(lambda: bool(phone.evaluate(SHOWN)))
    [shown] = phone.evaluate(SHOWN)
    assert shown["title"] == "Checkout is down"
    assert shown["actions"] == ["Acknowledge", "Open the page"]
    assert shown["stays"]
    [worker] = phone.context.service_workers
    worker.evaluate(PRESS, "acknowledge")
    page = paged.json()["pages"][0]["id"]
    assert eventually(lambda: api.get(f"/pages/{page}").json()["acknowledged_at"] is not None)
    assert phone.evaluate(SHOWN) == []


SUBSCRIBES = """(given) => {
    const bytes = (text) => Uint8Array.from(
        atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0)).buffer;
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async (asked) => ({
        endpoint: given.endpoint,
        options: asked,
        getKey: (name) => bytes(given[name]),
    });
}"""
"""Chromium's own push service is out of reach here: ours answers for it."""


def test_somebody_lets_their_browser_be_reached_and_proves_it(
    api: httpx.Client, service: PushService, muster: Up, phone: Page
) -> None:
    phone.add_init_script(f"({SUBSCRIBES})({json.dumps(service.subscription)})")
    phone.goto(muster.ready["setup_url"])
    phone.fill("[name=name]", "Ines Duarte")
    phone.fill("[name=email]", "ines@example.com")
    phone.fill("[name=password]", "a long pass phrase of ours")
    phone.press("[name=password]", "Enter")
    phone.wait_for_url(muster.url + "/**")
    phone.goto(muster.url + "/settings/me")
    phone.locator("summary", has_text="Push to this browser").click()
    assert phone.get_by_text("only after Add to Home Screen").is_visible()
    phone.fill("[name=webpush-device]", "My old phone")
    before = len(service.taken)
    phone.get_by_role("button", name="Let this browser be reached").click()
    phone.get_by_role("heading", name="Type the code: My old phone").wait_for()
    assert eventually(lambda: len(service.taken) > before)
    code = "".join(sign for sign in service.taken[-1]["title"] if sign.isdecimal())
    phone.fill("[name=code]", code)
    phone.get_by_role("button", name="Prove it").click()
    phone.get_by_text("Proved. Pages go there from now on.").wait_for()
    listed = api.get("/people/admin/contacts").json()["items"]
    assert [one["verified"] for one in listed if one["kind"] == "webpush"] == [True]


def test_the_site_can_be_installed_and_its_worker_speaks_for_every_page(muster: Up, phone: Page) -> None:
    manifest = phone.evaluate("document.querySelector('link[rel=manifest]').href")
    told = httpx.get(manifest).json()
    assert (told["display"], told["scope"], told["start_url"]) == ("standalone", "/", "/")
    scope = phone.evaluate("navigator.serviceWorker.ready.then((r) => new URL(r.scope).pathname)")
    assert scope == "/"
