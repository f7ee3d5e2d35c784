"""A real browser on the way of a paper: submitted, accepted, picked, claimed, decided."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import editions
import libraries
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from broadsheet.delivery.app import create_app
from broadsheet.people import Account, Role
from broadsheet.services import Services
from loopback import Loopback
from parts import missing_part
from people_factories import person
from services_of_papers import arxiv_knows, use

pytestmark = pytest.mark.browser

BELLS = "Bells on Windmills and What Birds Say of Them, Number {number}"
WIDTHS = (390, 1280)


@dataclass(frozen=True)
class Site:
    """A running server, the services in it, and what they ask."""

    url: str
    services: Services
    server: Loopback


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    records = editions.edition(editions.TODAY, 6, first=100)
    services = libraries.open_library(tmp_path_factory.mktemp("curation"), records)
    person(services, "alice", Role.OWNER)
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with Loopback.running() as loopback:
        use(services, loopback)
        yield Site(address, services, loopback)
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing_part("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@dataclass
class People:
    """Tabs of people at one width, with or without scripts, and what their browsers said."""

    browser: Browser
    site: Site
    width: int
    has_scripts: bool
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def tab(self, account: Account) -> Page:
        """A tab in which the account is signed in."""
        context = self.browser.new_context(
            viewport={"width": self.width, "height": 900},
            java_script_enabled=self.has_scripts,
            base_url=self.site.url,
        )
        secret = self.site.services.community.sessions.open(account, "a test")
        context.add_cookies([{"name": "broadsheet", "value": secret, "url": self.site.url}])
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def account(self, name: str, role: Role = Role.READER, *, verified: bool = True) -> Account:
        unique = f"{name}{self.width}{'s' if self.has_scripts else 'p'}"
        return person(self.site.services, unique, role, verified=verified)


@pytest.fixture(params=[(w, s) for w in WIDTHS for s in (True, False)], ids=str)
def people(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[People]:
    width, has_scripts = request.param
    found = People(browser, site, width, has_scripts)
    yield found
    for context in found.contexts:
        context.close()


def fits(page: Page, width: int) -> None:
    """No page scrolls sideways."""
    size = page.locator("html").bounding_box()
    assert size is not None
    assert size["width"] <= width
    widest = page.locator("main").bounding_box()
    assert widest is not None
    assert widest["x"] + widest["width"] <= width + 1


def submitted(people: People, key: str) -> None:
    """Somebody whose submissions wait brings the paper."""
    dan = people.tab(people.account("dan", verified=False))
    dan.goto("/submit")
    dan.get_by_label("arXiv id, DOI or address").fill(f"https://arxiv.org/abs/{key}")
    dan.get_by_role("button", name="Find it").click()
    expect(dan.get_by_text("Found at arXiv")).to_be_visible()
    dan.get_by_label("Why should others read it?").fill("The birds are quoted in full.")
    fits(dan, people.width)
    dan.get_by_role("button", name="Submit this paper").click()
    expect(dan.get_by_text("Waiting", exact=True)).to_be_visible()


def accepted_and_picked(people: People, key: str, title: str) -> None:
    """An editor lets the paper in and opens the front page with it."""
    edda = people.tab(people.account("edda", Role.EDITOR))
    edda.goto("/moderation/submissions")
    waiting = edda.get_by_role("listitem").filter(has_text=title)
    expect(waiting).to_contain_text("The birds are quoted in full.")
    fits(edda, people.width)
    waiting.get_by_role("button", name="Accept").click()
    edda.goto(f"/papers/{key}")
    edda.get_by_text("Pick for the front page").first.click()
    edda.get_by_label("Editor’s note").fill("Listen to this one.")
    edda.get_by_role("button", name="Pick for the front page").click()
    expect(edda.get_by_text("Listen to this one.").first).to_be_visible()
    edda.goto("/papers")
    expect(edda.locator(".card", has_text=title)).to_contain_text("Editors’ pick")
    fits(edda, people.width)
    edda.goto("/picks")
    expect(edda.get_by_role("link", name=title)).to_be_visible()
    fits(edda, people.width)


def claimed(people: People, key: str, title: str) -> Page:
    """An author asks, and a moderator grants it; the author's tab."""
    ada = people.tab(people.account("ada"))
    ada.goto(f"/papers/{key}")
    ada.get_by_role("link", name="Are you an author?").click()
    ada.get_by_label("Ada Wheel").check()
    ada.get_by_label("For the moderators").fill("My page is at mills.example.")
    fits(ada, people.width)
    ada.get_by_role("button", name="Claim this paper").click()
    expect(ada.get_by_text("Waiting", exact=True)).to_be_visible()
    mora = people.tab(people.account("mora", Role.MODERATOR))
    mora.goto("/moderation/claims")
    request = mora.get_by_role("listitem").filter(has_text=title)
    expect(request).to_contain_text("My page is at mills.example.")
    fits(mora, people.width)
    request.get_by_role("button", name="Grant").click()
    return ada


def test_a_paper_is_submitted_accepted_picked_claimed_and_decided(
    people: People, site: Site
) -> None:
    number = f"{people.width:04}{int(people.has_scripts)}"
    title, key = BELLS.format(number=number), f"2607.{number}"
    arxiv_knows(site.server, key, title)
    submitted(people, key)
    accepted_and_picked(people, key, title)
    ada = claimed(people, key, title)
    ada.goto(f"/papers/{key}/additions")
    ada.get_by_label("Code").fill("https://code.example/bells")
    fits(ada, people.width)
    ada.get_by_role("button", name="Keep").click()
    expect(ada.get_by_text("Author here: Ada Wheel")).to_be_visible()
    expect(ada.get_by_role("link", name="Code", exact=True).first).to_be_visible()
    fits(ada, people.width)
    assert people.complaints == []
