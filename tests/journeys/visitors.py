"""People with a browser each, on one running Muster. They come in by the links that an admin gives them."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from browser.rig import page_at

DESK, PHONE = (1440, 900), (390, 844)
PASSWORD = "a long enough password"
PICTURES = os.environ.get("MUSTER_PICTURES")
"""A folder for what each of them sees on the way; nothing is drawn without it."""
LIVE_MS = 10_000
"""How long something may take to appear by itself. Measured: under a second on an idle machine."""


class Visitor:
    """One person at one browser."""

    def __init__(self, page: Page, name: str, base: str) -> None:
        self.page, self.name, self.base = page, name, base
        self.loads = 0
        page.on("load", lambda _page: self._loaded())

    def _loaded(self) -> None:
        self.loads += 1

    @property
    def complaints(self) -> list[str]:
        """What the browser complained about so far."""
        return list(self.page.complaints)  # type: ignore[attr-defined]

    def opens(self, path: str) -> None:
        """Go to an address, whole or within Muster."""
        self.page.goto(path if path.startswith("http") else self.base + path)

    def presses(self, name: str | re.Pattern[str]) -> None:
        """Press the one button or link of this name that can be seen."""
        self.finds(name).click()

    def finds(self, name: str | re.Pattern[str]) -> Locator:
        """The one button or link of this name that can be seen."""
        button = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        return button.or_(link).filter(visible=True)

    def sees(self, words: str, *, within: str = "body") -> None:
        """These words stand on the page, or appear there by themselves."""
        expect(self.page.locator(within)).to_contain_text(words, timeout=LIVE_MS)

    def sees_no(self, words: str, *, within: str = "body") -> None:
        """These words do not stand on the page, or go away by themselves."""
        expect(self.page.locator(within)).not_to_contain_text(words, timeout=LIVE_MS)

    def says(self, line: str) -> None:
        """Type a line into the command bar that can be seen, and send it."""
        bar = self.page.locator("[data-command-input]").filter(visible=True)
        bar.fill(line)
        with self.page.expect_navigation():
            bar.press("Enter")

    def draws(self, name: str, *, whole: bool = False) -> None:
        """A picture of what they see, light and dark; `whole`: also what they would have to scroll to."""
        if PICTURES:
            for theme in ("light", "dark"):
                self.page.emulate_media(color_scheme=theme)
                path = Path(PICTURES) / f"{name}-{self.name.lower()}-{theme}.png"
                self.page.screenshot(path=path, full_page=whole)
            self.page.emulate_media(color_scheme="light")

    @contextmanager
    def without_reload(self) -> Iterator[None]:
        """Whatever appears meanwhile came by the stream: the page is the same document afterwards."""
        self.page.wait_for_load_state("load")  # of what they pressed themselves
        before = self.loads
        yield
        assert self.loads == before, f"{self.name}'s page was loaded anew"


@contextmanager
def doors(browser: Browser, base: str) -> Iterator[Callable[..., Visitor]]:
    """`come("Ana", PHONE)`: a browser window of their own, signed in by nothing yet."""
    with ExitStack() as windows:

        def come(name: str, size: tuple[int, int], theme: str = "light") -> Visitor:
            page = windows.enter_context(page_at(browser, *size, theme))
            page.set_default_timeout(20_000)
            return Visitor(page, name, base)

        yield come


def makes_account(visitor: Visitor, link: str, email: str) -> None:
    """Follow a one-time link and make an account there."""
    visitor.opens(link)
    visitor.page.get_by_label("Your name").fill(visitor.name)
    visitor.page.get_by_label("E-mail").fill(email)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.presses("Make my account")
    visitor.page.wait_for_url(visitor.base + "/")


def invites(admin: Visitor, handle: str) -> str:
    """The one-time link that an admin makes on somebody's page."""
    admin.opens(f"/people/{handle}")
    admin.page.locator("summary", has_text="Let them sign in").click()
    admin.presses("Make a one-time link")
    link: str = admin.page.get_by_label("Send them this link").inner_text()
    return link.strip()


def signs_in(visitor: Visitor, email: str) -> None:
    """Sign in on the page that asks for it, and come to where they wanted to go."""
    visitor.page.get_by_label("E-mail").fill(email)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.presses("Sign in")
