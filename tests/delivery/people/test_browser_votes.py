"""Voting, saving and dismissing in a real browser: phone and desktop, with and without scripts."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator

import editions
import libraries
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from broadsheet.delivery.app import create_app
from broadsheet.people import Role
from broadsheet.services import Services
from parts import missing_part
from people_factories import person

pytestmark = pytest.mark.browser

LEAD, SECOND = "2608.00100", "2608.00101"
WIDTHS = pytest.mark.parametrize("width", [390, 1280])


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    records = editions.edition(editions.TODAY, 8, first=100)
    opened = libraries.open_library(tmp_path_factory.mktemp("browser"), records)
    person(opened, "alice", Role.OWNER)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def site(services: Services) -> Iterator[str]:
    """The address of a running server."""
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; skipped where it is missing, except in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing_part("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def reader(
    browser: Browser, services: Services, site: str, width: int, *, has_script: bool
) -> BrowserContext:
    """The browser of a new reader who is signed in."""
    name = f"reader{services.store.people.accounts.count()}"
    secret = services.community.sessions.open(person(services, name), "a browser")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=has_script
    )
    context.add_cookies([{"name": "broadsheet", "value": secret, "url": site}])
    return context


def button(page: Page, key: str, act: str) -> str:
    return f'[id="paper-{key}"] button[data-act={act}]'


@WIDTHS
def test_acts_work_with_one_touch_and_no_new_page(
    browser: Browser, services: Services, site: str, width: int
) -> None:
    context = reader(browser, services, site, width, has_script=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site}/papers")
    page.evaluate("window.isSamePage = true")
    vote = page.locator(button(page, LEAD, "vote"))
    before = int(vote.locator(".act-count").inner_text())
    vote.click()
    expect(vote.locator(".act-name")).to_have_text("Voted")
    expect(vote.locator(".act-count")).to_have_text(str(before + 1))
    page.locator(button(page, LEAD, "save")).click()
    expect(page.locator(button(page, LEAD, "save"))).to_have_text("Saved")
    page.locator(button(page, SECOND, "dismiss")).click()
    card = page.locator(f'[id="paper-{SECOND}"]')
    expect(card.locator(".excerpt")).to_be_hidden()
    expect(card.locator(".act-dismiss")).to_have_text("Undo")
    assert page.evaluate("window.isSamePage")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.reload()
    expect(vote.locator(".act-name")).to_have_text("Voted")
    expect(card.locator(".excerpt")).to_be_hidden()
    card.locator(".act-dismiss").click()
    expect(card.locator(".excerpt")).to_be_visible()
    page.goto(f"{site}/library")
    expect(page.locator(".headline")).to_have_count(1)
    assert complaints == []
    context.close()


@WIDTHS
def test_acts_work_without_scripts(
    browser: Browser, services: Services, site: str, width: int
) -> None:
    context = reader(browser, services, site, width, has_script=False)
    page = context.new_page()
    page.goto(f"{site}/papers?sort=date")
    page.locator(button(page, LEAD, "vote")).click()
    assert page.url == f"{site}/papers?sort=date#paper-{LEAD}"
    expect(page.locator(button(page, LEAD, "vote"))).to_contain_text("Voted")
    page.locator(button(page, SECOND, "dismiss")).click()
    expect(page.locator(f'[id="paper-{SECOND}"] .excerpt')).to_be_hidden()
    page.locator(button(page, SECOND, "dismiss")).click()
    expect(page.locator(f'[id="paper-{SECOND}"] .excerpt')).to_be_visible()
    page.goto(f"{site}/papers/{LEAD}")
    page.get_by_role("button", name="Mark as read").click()
    expect(page.locator(".acts-paper .act-read")).to_have_text("Read")
    page.get_by_text("Add a note for yourself").click()
    page.locator("#note-text").fill("Tides again")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#note-text")).to_have_value("Tides again")
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.locator("#note-text")).to_have_value("")
    assert page.evaluate("1") == 1
    context.close()


def test_keys_act_on_the_chosen_paper(browser: Browser, services: Services, site: str) -> None:
    context = reader(browser, services, site, 1280, has_script=True)
    page = context.new_page()
    page.goto(f"{site}/papers")
    page.keyboard.press("v")
    expect(page.locator(".act.is-on")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("v")
    expect(page.locator(button(page, SECOND, "vote"))).to_contain_text("Voted")
    page.keyboard.press("s")
    expect(page.locator(button(page, SECOND, "save"))).to_have_text("Saved")
    page.keyboard.press("x")
    expect(page.locator(f'[id="paper-{SECOND}"] .excerpt')).to_be_hidden()
    expect(page.locator("#live")).to_contain_text("Dismissed")
    page.keyboard.press("x")
    expect(page.locator(f'[id="paper-{SECOND}"] .excerpt')).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator(button(page, SECOND, "vote"))).not_to_contain_text("Voted")
    context.close()


def test_opening_a_paper_marks_it_read(browser: Browser, services: Services, site: str) -> None:
    context = reader(browser, services, site, 1280, has_script=True)
    page = context.new_page()
    page.goto(f"{site}/papers/{LEAD}")
    expect(page.locator(".acts-paper .act-read")).to_have_text("Read")
    page.locator(".acts-paper .act-read").click()
    expect(page.locator(".acts-paper .act-read")).to_have_text("Mark as read")
    page.goto(f"{site}/papers")
    expect(page.locator(f'[id="paper-{LEAD}"]')).not_to_contain_class("is-read")
    context.close()


def test_trouble_is_told_where_the_reader_sees_it(
    browser: Browser, services: Services, site: str
) -> None:
    context = reader(browser, services, site, 390, has_script=True)
    page = context.new_page()
    page.goto(f"{site}/papers")
    page.route("**/vote", lambda route: route.abort())
    page.locator(button(page, LEAD, "vote")).click()
    expect(page.locator(".toast")).to_have_text("That did not reach the server. Try again.")
    expect(page.locator(button(page, LEAD, "vote"))).not_to_contain_text("Voted")
    context.close()
