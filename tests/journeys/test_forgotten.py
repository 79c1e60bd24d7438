"""Somebody forgot their password: a letter, a link that works once, and nothing told to strangers."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fakes.smtp import SmtpServer
from processes.running import Up, up

EMAIL, OLD, NEW = "ada@example.com", "the first password I had", "another one, just as long"
PUBLIC = "https://muster.example.org"


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def muster(scratch: Path, smtp: SmtpServer) -> Iterator[Up]:
    """Running, with one person who may sign in."""
    with up("--data", str(scratch / "forgotten"), MUSTER_EMAIL_URL=smtp.url) as running:
        with visitor(running) as browser:
            said = {"name": "Ada", "email": EMAIL, "password": OLD, "organisation": "Example"}
            assert submit(browser, running.ready["setup_url"], said).status_code == 302
        yield running


def visitor(muster: Up) -> httpx.Client:
    return httpx.Client(base_url=muster.url, timeout=20)


def submit(browser: httpx.Client, address: str, said: dict[str, str]) -> httpx.Response:
    """Open a page with a form, fill it in and send it."""
    page = browser.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None, page.text
    return browser.post(page.url, data={"csrfmiddlewaretoken": token[1], **said})


def may_sign_in(muster: Up, password: str) -> bool:
    with visitor(muster) as browser:
        return submit(browser, "/sign-in/", {"login": EMAIL, "password": password}).status_code == 302


def test_a_link_by_mail_sets_a_new_password_once(muster: Up, smtp: SmtpServer) -> None:
    with visitor(muster) as browser:
        answer = submit(browser, "/sign-in/password/reset/", {"email": EMAIL})
        assert (answer.status_code, answer.headers["location"]) == (302, "/sign-in/password/reset/done/")
    [letter] = smtp.wait_for(1)
    assert (letter.recipients, letter.message["subject"]) == ((EMAIL,), "Choose a new password for Muster")
    link = re.search(r"https?://\S+", letter.text())
    assert link is not None
    assert link[0].startswith(muster.url)
    with visitor(muster) as browser:
        there = browser.get(link[0]).headers["location"]
        chosen = submit(browser, there, {"password1": NEW, "password2": NEW})
        assert chosen.status_code == 302, chosen.text
    assert [may_sign_in(muster, password) for password in (OLD, NEW)] == [False, True]
    with visitor(muster) as browser:
        assert "no longer works" in browser.get(link[0]).text


def test_an_address_that_nobody_has_is_answered_alike_and_gets_no_letter(
    muster: Up, smtp: SmtpServer
) -> None:
    before = len(smtp.mails)
    with visitor(muster) as browser:
        known = submit(browser, "/sign-in/password/reset/", {"email": EMAIL})
        unknown = submit(browser, "/sign-in/password/reset/", {"email": "stranger@example.com"})
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    smtp.wait_for(before + 1)
    assert [mail.recipients for mail in smtp.mails[before:]] == [(EMAIL,)]


def test_a_mail_server_that_says_nothing_keeps_nobody_waiting(muster: Up, smtp: SmtpServer) -> None:
    smtp.behaviour.greeting = "-"
    try:
        with visitor(muster) as browser:
            assert submit(browser, "/sign-in/password/reset/", {"email": EMAIL}).status_code == 302
        assert may_sign_in(muster, NEW)
    finally:
        smtp.behaviour.greeting = ""
