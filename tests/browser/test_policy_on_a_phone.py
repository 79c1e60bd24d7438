"""A policy is made and changed on a phone: search, order, undo, the plan before saving, and a conflict."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from browser.rig import chromium, page_at
from browser.test_screens import signed_in
from processes.running import MUSTER, Up, bare, up

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(scratch: Path) -> Iterator[Up]:
    with up("--data", str(scratch / "policy"), "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def policy(demo: Up, handle: str) -> dict[str, Any]:
    """The policy as code says it."""
    env = bare(MUSTER_URL=demo.url, MUSTER_TOKEN=demo.ready["token"])
    done = subprocess.run(
        [MUSTER, "export"], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return next(one for one in yaml.safe_load(done.stdout)["policies"] if one["handle"] == handle)


def pick(page: Page, step: int, words: str, name: str) -> None:
    """Search in a step and choose what is found, by touch."""
    card = page.locator(".policy-steps > li").nth(step - 1)
    card.get_by_role("searchbox").fill(words)
    card.locator(".found-one", has_text=name).first.tap()
    card.locator(".pick", has_text=name).wait_for()
    expect(card.get_by_role("searchbox")).to_be_focused()  # as the page wants it, before anything is typed


def test_a_policy_is_made_on_a_phone_and_changed_with_keys(browser: Browser, demo: Up) -> None:
    with page_at(browser, 390, 844, "light") as page:
        signed_in(page, demo, "manager")
        page.goto(demo.url + "/policies/new?team=payments")
        page.get_by_label("Name", exact=True).fill("Payments nights")
        pick(page, 1, "payments primary", "Payments primary")
        page.get_by_role("button", name="Add a step").tap()
        expect(page.locator(".policy-steps > li")).to_have_count(2)
        pick(page, 2, "lena", "Lena Brandt")
        second = page.locator(".policy-steps > li").nth(1)
        second.get_by_label("Wait after the step before").fill("7m")
        # Nothing is saved yet, and the plan says who would be paged.
        expect(page.locator("#says .ladder-step").nth(1)).to_contain_text("Lena Brandt")
        said = page.locator("#says").inner_text()
        assert "No manager is ever paged" in said

        # The second step goes up with a key, and the focus goes with it.
        page.get_by_role("button", name="Move step up 2").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".policy-steps > li").nth(0)).to_contain_text("Lena Brandt")
        expect(page.get_by_role("button", name="Move step down 1")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".policy-steps > li").nth(1)).to_contain_text("Lena Brandt")

        # A step is removed and brought back.
        page.get_by_role("button", name="Remove step 2").tap()
        expect(page.locator(".policy-steps > li")).to_have_count(1)
        expect(page.get_by_role("button", name="Undo")).to_be_focused()
        expect(page.locator(".policy-undo")).to_contain_text("Step 2, which pages Lena Brandt, is removed.")
        page.keyboard.press("Enter")
        expect(page.locator(".policy-steps > li").nth(1)).to_contain_text("Lena Brandt")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

        page.get_by_role("button", name="Save").tap()
        page.wait_for_url(demo.url + "/settings/policies/payments-nights")
        assert page.complaints == []  # type: ignore[attr-defined]
    kept = policy(demo, "payments-nights")
    assert [step["notify"] for step in kept["steps"]] == [["schedule:payments-primary"], ["person:lena"]]
    assert kept["steps"][1]["after"] == "7m"
    assert kept["team"] == "payments"


def test_whoever_saves_second_is_told_and_loses_nothing(browser: Browser, demo: Up) -> None:
    with page_at(browser, 390, 844, "dark") as mine, page_at(browser, 1440, 900, "light") as theirs:
        for page in (mine, theirs):
            signed_in(page, demo, "manager")
            page.goto(demo.url + "/policies/payments/edit")
        theirs.get_by_label("Further rounds").fill("3")
        theirs.get_by_role("button", name="Save").click()
        theirs.wait_for_url(demo.url + "/settings/policies/payments")
        mine.get_by_label("Further rounds").fill("5")
        mine.get_by_role("button", name="Save").tap()
        mine.get_by_text("while you were editing").wait_for()
        assert policy(demo, "payments")["repeat"] == 3
        assert mine.get_by_label("Further rounds").input_value() == "5"
        mine.get_by_role("button", name="Save").tap()
        mine.wait_for_url(demo.url + "/settings/policies/payments")
    assert policy(demo, "payments")["repeat"] == 5


def test_a_wait_that_cannot_be_read_is_said_beside_it(browser: Browser, demo: Up) -> None:
    with page_at(browser, 390, 844, "light") as page:
        signed_in(page, demo, "manager")
        page.goto(demo.url + "/policies/payments/edit")
        page.get_by_label("Wait after the start").fill("soon")
        page.get_by_role("button", name="Save").tap()
        page.locator(".field.is-wrong").first.wait_for()
        assert page.get_by_label("Wait after the start").input_value() == "soon"
