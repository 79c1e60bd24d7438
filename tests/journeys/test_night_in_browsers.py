"""The night once more, as four people at once in a real browser: what one does, the others see at once.

Ben is paged on his phone; Cleo declares and commands at a desk; Kofi tells customers; Sam, of the board, only
watches. A real Alertmanager, a real SMTP server and the processes of `muster up`. (R1-R3, R7, R14, R16, R38)
"""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from browser.rig import chromium
from fakes.smtp import SmtpServer
from journeys.alertmanager import Alertmanager, alertmanager
from journeys.visitors import DESK, LIVE_MS, PHONE, Visitor, doors, invites, makes_account, signs_in
from processes.running import Up, eventually, up

pytestmark = [pytest.mark.browser, pytest.mark.peers]
CONFIG = (Path(__file__).parent / "four.yaml").read_text()
FIRED = "38 % of checkouts fail"
CUSTOMERS_READ = "Some payments fail. We are on it and write again within the hour."
OVER = "Payments work again. We are sorry."


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def muster(scratch: Path, smtp: SmtpServer) -> Iterator[Up]:
    variables = {"MUSTER_EMAIL_URL": smtp.url, "MUSTER_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8"}
    with up("--data", str(scratch / "four"), **variables) as running:
        yield running


@pytest.fixture(scope="module")
def sender(muster: Up, scratch: Path) -> Iterator[Alertmanager]:
    """What an admin does with `muster apply`, and a real Alertmanager that is given the URL."""
    headers = {"Authorization": f"Bearer {muster.ready['token']}"}
    applied = httpx.post(
        f"{muster.url}/api/v1/configuration/apply", content=CONFIG, headers=headers, timeout=20
    )
    assert applied.status_code == 200, applied.text
    [integration] = applied.json()["integrations"]
    with alertmanager(scratch, integration["url"]) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def people(browser: Browser, muster: Up, sender: Alertmanager) -> Iterator[dict[str, Visitor]]:
    """Everybody has made an account by a link and sits at a window of their own."""
    with doors(browser, muster.url) as come:
        admin = come("Ada", DESK)
        makes_account(admin, muster.ready["setup_url"], "ada@example.com")
        admin.sees("Nothing needs you now.")
        sizes = {
            "ben": ("Ben Okafor", PHONE),
            "cleo": ("Cleo Diaz", DESK),
            "kofi": ("Kofi Mensah", DESK),
            "sam": ("Sam Roth", DESK),
        }
        found = {}
        for handle, (name, size) in sizes.items():
            found[handle] = come(name, size)
            makes_account(found[handle], invites(admin, handle), f"{handle}@example.com")
        yield found | {"customer": come("Customer", PHONE)}


def test_the_night(people: dict[str, Visitor], smtp: SmtpServer, sender: Alertmanager) -> None:
    ben, cleo, kofi, sam, customer = people.values()
    answer(ben, cleo, smtp, sender)
    room = declare(cleo, sam)
    kofi.opens(room)
    ben.presses(re.compile("^The alert"))
    signs_in(ben, "ben@example.com")
    ben.sees("You have it.")
    ben.presses("INC-1 Payments fail at checkout")
    share_out(cleo, ben, kofi, sam)
    tell_customers(kofi, sam, customer)
    work(ben, cleo, sam)
    only_watches(sam, room)
    mitigate(cleo, ben, kofi, sam)
    resolve(people, sender)
    learn(cleo)
    for visitor in people.values():
        assert visitor.complaints == [], visitor.name


def pages_of(smtp: SmtpServer) -> list[str]:
    """Who was paged, in order; who comes on call is told that too, by another letter."""
    return [to for mail in smtp.mails if FIRED in str(mail.message["Subject"]) for to in mail.recipients]


def answer(ben: Visitor, cleo: Visitor, smtp: SmtpServer, sender: Alertmanager) -> None:
    """It fires; nobody answers; Ben follows his mail's link and presses the one button. Cleo sees it all."""
    with cleo.without_reload():
        sender.fire("CheckoutErrors", summary=FIRED)
        cleo.sees(FIRED)
        cleo.sees("One thing needs you.")
    cleo.draws("01-fired")
    cleo.page.get_by_role("link", name=re.compile(FIRED)).first.click()
    cleo.sees("Nobody has it.")
    cleo.sees("paged step 1: Ana Ruiz")
    cleo.draws("02-alert")
    eventually(lambda: len(pages_of(smtp)) > 1, 60)
    assert pages_of(smtp) == ["ana@example.com", "ben@example.com"]
    [mail] = smtp.to("ben@example.com")
    link = re.search(r"http://\S+/p/\S+", mail.text())
    assert link is not None
    ben.page.context.clear_cookies()  # at night nobody is signed in
    ben.opens(link[0])
    ben.sees(FIRED)
    ben.draws("03-page")
    with cleo.without_reload():
        ben.presses("Acknowledge")
        ben.sees("You have it. Nobody else will be woken.")
        cleo.sees("Ben Okafor has it.")
        expect(cleo.finds("Acknowledge")).to_have_count(0, timeout=LIVE_MS)
    ben.draws("04-acknowledged")


def declare(cleo: Visitor, sam: Visitor) -> str:
    """Cleo declares SEV2 from the alert; it appears in Sam's list by itself."""
    sam.opens("/incidents")
    sam.sees("No incident is open.")
    cleo.page.get_by_role("link", name="Declare", exact=True).last.click()
    cleo.page.get_by_label(re.compile("What is wrong")).fill("Payments fail at checkout")
    cleo.page.get_by_role("radio", name=re.compile("Complete loss, Limited")).check(force=True)
    cleo.sees("Declare SEV2", within="#declare-button")
    cleo.draws("05-declare")
    with sam.without_reload():
        cleo.page.locator("#declare-button button").click()
        cleo.page.wait_for_url(re.compile("/incidents/INC-"))
        sam.sees("Payments fail at checkout")
    cleo.sees("You", within="#strip")
    cleo.draws("06-room")
    sam.draws("06-incidents")
    sam.page.get_by_role("link", name="Payments fail at checkout").filter(visible=True).click()
    sam.sees("Cleo Diaz", within="#strip")
    return str(cleo.page.url)


def share_out(cleo: Visitor, ben: Visitor, kofi: Visitor, sam: Visitor) -> None:
    """Cleo gives two roles away; everybody sees who holds them."""
    for role, name in (("Operations lead", "Ben Okafor"), ("Communications lead", "Kofi Mensah")):
        cleo.presses("Assign")
        cleo.page.get_by_label("Role").select_option(label=role)
        cleo.page.get_by_label("To whom").select_option(label=f"{name} ({name.split()[0].lower()})")
        cleo.presses("Give the role")
    with ben.without_reload(), kofi.without_reload(), sam.without_reload():
        for phase in ("mobilizing", "investigating"):
            cleo.presses(f"Start {phase}")
            for visitor in (cleo, ben, kofi, sam):
                visitor.sees(phase.capitalize(), within="#phases [aria-current]")
        sam.sees("Kofi Mensah", within="#roles")
        sam.sees("Ben Okafor", within="#roles")
        kofi.sees("You", within="#roles")
    with cleo.without_reload(), sam.without_reload():
        kofi.presses("I am here")
        for visitor in (cleo, sam):
            visitor.sees("2 here", within="#here")


def tell_customers(kofi: Visitor, sam: Visitor, customer: Visitor) -> None:
    """Kofi puts the incident on the status page, then writes an update for each audience."""
    with sam.without_reload():
        kofi.presses("Tell customers")
        kofi.page.get_by_label(re.compile("Title")).fill("Payments fail")
        kofi.page.get_by_label("What customers read").fill(CUSTOMERS_READ)
        kofi.draws("07-tell")
        kofi.presses("Publish")
        sam.sees("Acme Status", within="#places")
        reads(customer, CUSTOMERS_READ)
        customer.draws("07-told")
        kofi.presses("Post update")
        kofi.page.get_by_role("checkbox", name=re.compile("Inside|Internal", re.I)).check()
        kofi.page.locator("[name=text_internal]").fill("A renamed setting was ignored. Ben rolls back.")
        kofi.draws("08-update", whole=True)
        kofi.presses("Post update")
        sam.sees("A renamed setting was ignored. Ben rolls back.", within="#entries")
    kofi.draws("09-room")


def reads(customer: Visitor, words: str) -> None:
    """Somebody who has never signed in reads this on the status page, once its bytes are out."""
    page = f"{customer.base}/status/main/"
    assert eventually(lambda: words in httpx.get(page).text), httpx.get(page).text
    customer.opens(page)
    customer.page.reload()  # a page may be ten seconds old, unless it is asked for anew
    customer.sees(words)


def work(ben: Visitor, cleo: Visitor, sam: Visitor) -> None:
    """Ben says on his phone what he does; it stands in the other rooms at once."""
    with cleo.without_reload(), sam.without_reload():
        ben.says("/ready")
        ben.says("/action Rolling back to 4.17.2")
        cleo.sees("Rolling back to 4.17.2", within="#entries")
        sam.sees("Rolling back to 4.17.2", within="#entries")
        expect(sam.page.get_by_text("Rolling back to 4.17.2")).to_be_in_viewport()
    ben.draws("10-room")


def only_watches(sam: Visitor, room: str) -> None:
    """Sam has no control that changes the incident, and sending what others send is refused."""
    for name in ("Post update", "Hand over", "Assign", "Tell customers", "Impact has stopped", "Resolve"):
        expect(sam.finds(name)).to_have_count(0)
    expect(sam.page.locator("[data-command-input]")).to_have_count(0)
    sam.draws("11-watches")
    for path, body in (("/line", {"text": "/mitigated"}), ("/claim", {}), ("/tasks", {"title": "x"})):
        cookie = next(one for one in sam.page.context.cookies() if "csrf" in one["name"])
        headers = {"X-CSRFToken": cookie["value"], "Referer": room}
        answer = sam.page.context.request.post(f"{room}{path}", form=body, headers=headers, max_redirects=0)
        assert answer.status in (302, 403), (path, answer.status)


def mitigate(cleo: Visitor, ben: Visitor, kofi: Visitor, sam: Visitor) -> None:
    """Cleo states that the impact has stopped; the other three see the phase change."""
    with ben.without_reload(), kofi.without_reload(), sam.without_reload():
        cleo.presses("Impact has stopped")
        cleo.page.get_by_label("What stopped it").fill("4.17.2 is out everywhere")
        cleo.draws("12-mitigate")
        cleo.presses("The impact has stopped")
        for visitor in (ben, kofi, sam):
            visitor.sees("Monitoring", within="#phases [aria-current]")
        sam.sees("the impact has stopped: 4.17.2 is out everywhere", within="#entries")


def state_the_rest(cleo: Visitor) -> None:
    """Say of each check that she may judge that it holds, until the gate, which is drawn anew, is open."""
    for _again in range(100):
        if cleo.finds("Resolve INC-1").count():
            return
        holds = cleo.finds("It holds")
        if holds.count():
            holds.first.click()
        cleo.page.wait_for_timeout(100)


def resolve(people: dict[str, Visitor], sender: Alertmanager) -> None:
    """The gate: the source resolves, customers are told, Cleo states the rest and resolves."""
    ben, cleo, kofi, sam, customer = people.values()
    cleo.presses("Resolve")
    cleo.sees("1 linked alert is open")
    cleo.draws("13-gate")
    with cleo.without_reload(), sam.without_reload():
        sender.resolve("CheckoutErrors", summary=FIRED)
        cleo.sees_no("1 linked alert is open")
        sam.sees("alerts are resolved", within="#entries")
    tell_the_end(kofi, customer)
    state_the_rest(cleo)
    cleo.draws("14-gate")
    with sam.without_reload(), kofi.without_reload(), ben.without_reload():
        cleo.presses("Resolve INC-1")
        for visitor in (sam, kofi, ben):
            visitor.sees("Resolved", within="#phases")
            visitor.sees("declared the incident resolved", within="#entries")
    reads(customer, "Resolved")
    for visitor in (cleo, ben, sam, customer):
        visitor.draws("15-over")


def tell_the_end(kofi: Visitor, customer: Visitor) -> None:
    """Kofi writes the last word for customers."""
    kofi.presses("Post update")
    expect(kofi.page.get_by_role("radio", name="Monitoring")).to_be_checked()
    kofi.page.locator("[name=to][value=external]").check()
    kofi.page.locator("[name=text_external]").fill(OVER)
    kofi.page.locator("[name=to][value=internal]").uncheck()
    kofi.draws("13-update")
    kofi.presses("Post update")
    reads(customer, OVER)


def learn(cleo: Visitor) -> None:
    """The draft of the postmortem holds the timeline of the night."""
    cleo.opens("/postmortems")
    cleo.draws("16-postmortems")
    cleo.page.get_by_role("link", name=re.compile("Payments fail at checkout")).first.click()
    cleo.sees("Rolling back to 4.17.2")
    cleo.sees("Cleo Diaz")
    cleo.draws("17-postmortem", whole=True)
