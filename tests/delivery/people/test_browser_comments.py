"""Threads in a real browser: a journey with and without JavaScript, and attacks that do nothing."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from hostile_markdown import attacks
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import insert

from broadsheet.delivery.app import create_app
from broadsheet.people import Account
from broadsheet.store.people_schema import comment
from parts import missing_part
from talk import KEY, START, Talk, begin, open_services_at

pytestmark = pytest.mark.browser

PAPER = f"/papers/{KEY}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Talk]]:
    """The address of a running server, and the people who use it."""
    services, clock = open_services_at(tmp_path_factory.mktemp("browser"))
    talk = begin(services, clock)
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", talk
    server.should_exit = True
    thread.join(10)
    services.store.close()


@pytest.fixture
def talk(site: tuple[str, Talk]) -> Talk:
    _, talk = site
    return begin(talk.services, talk.clock)  # type: ignore[arg-type]


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


def browser_of(
    browser: Browser, site: tuple[str, Talk], who: Account, width: int, *, scripts: bool
) -> BrowserContext:
    """A browser that somebody is signed in with."""
    address, talk = site
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 844}, java_script_enabled=scripts
    )
    secret = talk.services.community.sessions.open(who, "a browser")
    context.add_cookies([{"name": "broadsheet", "value": secret, "url": address}])
    return context


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    return page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_comment_is_answered_edited_reported_hidden_and_shown_again(
    browser: Browser, site: tuple[str, Talk], talk: Talk, width: int, scripts: bool
) -> None:
    complaints: list[str] = []
    bob = watched(browser_of(browser, site, talk.bob, width, scripts=scripts), complaints)
    eve = watched(browser_of(browser, site, talk.eve, width, scripts=scripts), complaints)
    mora = watched(browser_of(browser, site, talk.mora, width, scripts=scripts), complaints)

    bob.goto(PAPER)
    bob.get_by_label("Your comment").fill("Is the *bathtub* round? $x^2$")
    bob.get_by_role("button", name="Comment", exact=True).click()
    first = bob.locator(".comment").filter(has_text="bathtub")
    expect(first.locator("em")).to_have_text("bathtub")
    expect(first.locator("msup")).to_be_visible()

    eve.goto(PAPER)
    eve.locator(".comment").get_by_role("link", name="Answer").click()
    eve.get_by_label("Your answer").fill("No, and @bob is rude.")
    eve.get_by_role("button", name="Answer", exact=True).click()
    answer = eve.locator(".comment.depth-1")
    expect(answer).to_contain_text("No, and @bob is rude.")
    eve.locator(".comment.depth-0 .vote").click()
    expect(eve.locator(".comment.depth-0 .vote")).to_have_attribute("aria-pressed", "true")
    expect(eve.locator(".comment.depth-0 .tally")).to_have_text("1")

    answer.get_by_role("link", name="Edit").click()
    expect(eve.get_by_role("button", name="Save the edit")).to_be_visible()
    eve.get_by_label("Your comment").last.fill("No, and @bob is wrong.")
    eve.get_by_role("button", name="Save the edit").click()
    expect(answer).to_contain_text("wrong")
    expect(answer.get_by_role("link", name="edited")).to_be_visible()

    bob.goto("/notifications")
    bob.get_by_role("link", name="answered your comment").click()
    bob.locator(".comment.depth-1").get_by_role("link", name="Report").click()
    bob.get_by_label("What is wrong with it?").fill("It is me who is right.")
    bob.get_by_role("button", name="Report").click()
    expect(bob.get_by_role("status").filter(has_text="reported")).to_be_visible()

    mora.goto("/moderation")
    expect(mora.locator(".case")).to_contain_text("It is me who is right.")
    mora.get_by_label("Why it is hidden").fill("Personal.")
    mora.get_by_role("button", name="Hide it").click()
    expect(mora.get_by_text("No report is open.")).to_be_visible()
    bob.goto(PAPER)
    expect(bob.locator(".comment.depth-1")).to_have_count(0)

    mora.goto("/log")
    mora.get_by_role("button", name="Undo").click()
    expect(mora.locator(".entry").first).to_contain_text("shows again")
    bob.goto(PAPER)
    expect(bob.locator(".comment.depth-1")).to_contain_text("wrong")
    for page in (bob, eve, mora):
        if scripts:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()
    assert complaints == []


def test_a_deletion_is_undone_in_the_thread(
    browser: Browser, site: tuple[str, Talk], talk: Talk
) -> None:
    talk.says(talk.bob, "A hasty word")
    page = browser_of(browser, site, talk.bob, 390, scripts=True).new_page()
    page.goto(PAPER)
    page.locator(".comment").get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete this comment").click()
    expect(page.locator(".comment")).to_contain_text("You deleted this comment.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".comment")).to_contain_text("A hasty word")
    page.context.close()


def test_what_is_typed_is_shown_as_it_will_look(
    browser: Browser, site: tuple[str, Talk], talk: Talk
) -> None:
    complaints: list[str] = []
    page = watched(browser_of(browser, site, talk.bob, 1280, scripts=True), complaints)
    page.goto(PAPER)
    page.get_by_label("Your comment").press_sequentially("So **bold** $a_1$", delay=5)
    expect(page.locator(".live-preview strong")).to_have_text("bold")
    expect(page.locator(".live-preview msub")).to_be_visible()
    page.get_by_label("Your comment").press("Control+Enter")
    expect(page.locator(".comment strong")).to_have_text("bold")
    assert complaints == []
    page.context.close()


def test_several_answers_may_be_open_at_once_and_are_closed_by_escape(
    browser: Browser, site: tuple[str, Talk], talk: Talk
) -> None:
    for number in range(2):
        talk.says(talk.eve, f"No. {number}")
    page = browser_of(browser, site, talk.bob, 1280, scripts=True).new_page()
    page.goto(PAPER)
    for place in range(2):
        page.locator(".comment").nth(place).get_by_role("link", name="Answer").click()
        expect(page.locator(".inline-form")).to_have_count(place + 1)
    assert page.evaluate("document.querySelectorAll('[id]').length") == page.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map((each) => each.id)).size"
    )
    page.keyboard.press("Escape")
    expect(page.locator(".inline-form")).to_have_count(1)
    page.context.close()


def test_what_was_typed_outlives_a_session(
    browser: Browser, site: tuple[str, Talk], talk: Talk
) -> None:
    context = browser_of(browser, site, talk.bob, 1280, scripts=True)
    page = context.new_page()
    page.goto(PAPER)
    page.get_by_label("Your comment").fill("A long thought")
    talk.services.community.sessions.end_all(talk.bob)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page).to_have_url(re.compile("/sign-in"))
    secret = talk.services.community.sessions.open(talk.bob, "a browser")
    context.add_cookies([{"name": "broadsheet", "value": secret, "url": site[0]}])
    page.goto(PAPER)
    expect(page.get_by_label("Your comment")).to_have_value("A long thought")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment")).to_contain_text("A long thought")
    expect(page.get_by_label("Your comment")).to_have_value("")
    context.close()


def test_mark_that_comes_after_the_end_of_a_session_leaves_the_reader_where_they_are(
    browser: Browser, site: tuple[str, Talk], talk: Talk
) -> None:
    page = browser_of(browser, site, talk.eve, 1280, scripts=True).new_page()
    sessions = talk.services.community.sessions
    page.route("**/read", lambda route: (sessions.end_all(talk.eve), route.continue_()))
    with page.expect_response("**/read") as answered:
        page.goto(PAPER)
    assert answered.value.status == 401
    expect(page.locator(".acts-paper [data-act=read]")).not_to_have_attribute("aria-busy", "true")
    page.get_by_label("Your comment").fill("A long thought")
    page.wait_for_timeout(300)
    expect(page.get_by_label("Your comment")).to_have_value("A long thought")
    page.context.close()


def test_no_attack_runs_in_a_browser(browser: Browser, site: tuple[str, Talk], talk: Talk) -> None:
    rows = [
        {"paper_id": talk.paper.paper_id, "account_id": talk.eve.account_id, "votes": 0,
         "body": attack, "created_at": START, "changed_at": START}
        for attack in attacks()
    ]  # fmt: skip
    with talk.services.store._database.write() as connection:
        connection.execute(insert(comment), rows)
    context = browser_of(browser, site, talk.bob, 1280, scripts=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(PAPER)
    page.wait_for_load_state("networkidle")
    assert page.locator(".comment").count() == len(rows)
    for link in page.locator(".comment-body a").all():
        link.dispatch_event("mouseover")
    page.evaluate(
        """() => { for (const link of document.querySelectorAll('.comment-body a')) {
          link.addEventListener('click', (event) => event.preventDefault());
          if (/^javascript:/i.test(link.href)) link.dataset.bad = '1'; } }"""
    )
    assert page.locator("[data-bad]").count() == 0
    assert page.evaluate("window.broken") is None
    assert all(url.startswith(site[0]) for url in asked), asked
    assert (
        page.locator(".comment-body :is(script, img, iframe, svg, object, style, form)").count()
        == 0
    )
    page.goto("about:blank")
    page.set_content("<div id=x></div>")  # without any content security policy
    html = "".join(each["html"] for each in _export(context, site[0]))
    page.evaluate("(html) => { document.querySelector('#x').innerHTML = html; }", html)
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    context.close()


def _export(context: BrowserContext, address: str) -> list[dict[str, str]]:
    reply = context.request.get(f"{address}/api/v1/papers/{KEY}/comments?limit=1000")
    found: list[dict[str, str]] = reply.json()["comments"]
    return found
