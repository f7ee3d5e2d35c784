"""A real browser on a real server: scripts, keys, width, and pages without JavaScript."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from broadsheet.delivery.app import create_app
from broadsheet.services import Services
from parts import missing_part

pytestmark = pytest.mark.browser

PAGES = [
    "/papers", "/papers/date/2026-07-30", "/papers/week", "/papers/trending",
    "/papers?q=attention", "/papers?q=zzzzqq", "/papers/2607.90001", "/papers/2607.90003",
    "/papers/2607.90004", "/papers/2607.90007", "/about", "/search-help", "/api",
]  # fmt: skip


@pytest.fixture(scope="module")
def site(edition_services: Services) -> Iterator[str]:
    """The address of a running server."""
    config = uvicorn.Config(
        create_app(edition_services), host="127.0.0.1", port=0, log_level="warning"
    )
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


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: script errors, CSP violations, failed loads."""
    return []


@pytest.fixture
def tab(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("requestfailed", lambda request: _note_failure(request, complaints))
    yield page
    context.close()


def _note_failure(request: Request, complaints: list[str]) -> None:
    if request.failure != "net::ERR_ABORTED":  # leaving a page, or a newer search, aborts loads
        complaints.append(f"{request.url}: {request.failure}")


def test_no_page_makes_the_browser_complain(tab: Page, site: str, complaints: list[str]) -> None:
    for path in PAGES:
        tab.goto(site + path)
    assert complaints == []


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways(browser: Browser, site: str, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    for path in [*PAGES, "/nowhere", "/papers?q=%22attention" + "x" * 300]:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_results_come_while_typing(tab: Page, site: str, complaints: list[str]) -> None:
    tab.goto(f"{site}/papers")
    tab.locator("#q").press_sequentially("glaciers", delay=20)
    expect(tab.locator("h1")).to_have_text("Search: glaciers")
    expect(tab.locator(".papers mark").first).to_have_text("Glaciers")
    expect(tab.locator("#live")).to_contain_text("paper")
    assert tab.url == f"{site}/papers?q=glaciers"
    assert tab.evaluate("document.activeElement.id") == "q"
    tab.go_back()
    expect(tab.locator("h1")).to_have_text("Today’s papers")
    assert complaints == []


def test_a_half_typed_phrase_keeps_the_results(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers?q=glaciers")
    tab.locator("#q").fill('glaciers "moving')
    expect(tab.locator("#live")).not_to_be_empty()
    expect(tab.locator(".papers mark").first).to_be_visible()


def test_a_late_answer_never_replaces_a_newer_one(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/papers?q=robots", hold)
    tab.locator("#q").fill("robots")
    tab.wait_for_timeout(400)
    tab.locator("#q").fill("glaciers")
    expect(tab.locator("h1")).to_have_text("Search: glaciers")
    assert held
    tab.wait_for_timeout(200)
    expect(tab.locator("h1")).to_have_text("Search: glaciers")


def test_keys_move_between_papers_and_open_one(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers")
    headlines = tab.locator(".headline a")
    tab.keyboard.press("j")
    expect(headlines.nth(0)).to_be_focused()
    tab.keyboard.press("j")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("k")
    expect(headlines.nth(1)).to_be_focused()
    target = headlines.nth(1).get_attribute("href")
    tab.keyboard.press("o")
    tab.wait_for_url(f"{site}{target}")


def test_slash_goes_to_the_search_field_and_typing_stays_text(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers")
    tab.keyboard.press("/")
    expect(tab.locator("#q")).to_be_focused()
    tab.keyboard.type("jk?")
    expect(tab.locator("#q")).to_have_value("jk?")
    expect(tab.locator("#keys")).not_to_be_visible()


def test_question_mark_shows_the_keys_which_can_be_switched_off(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers")
    tab.keyboard.press("?")
    expect(tab.locator("#keys")).to_be_visible()
    tab.locator("#keys-on").uncheck()
    tab.keyboard.press("Escape")
    expect(tab.locator("#keys")).not_to_be_visible()
    tab.keyboard.press("/")
    expect(tab.locator("#q")).not_to_be_focused()
    tab.reload()
    tab.keyboard.press("/")
    expect(tab.locator("#q")).not_to_be_focused()


def test_bibtex_is_copied(tab: Page, site: str) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(f"{site}/papers/2608.00100")
    tab.get_by_role("button", name="Copy BibTeX").click()
    expect(tab.locator("[data-copy]")).to_have_text("Copied")
    assert tab.evaluate("navigator.clipboard.readText()").startswith("@misc{")


def test_skip_link_is_the_first_stop_of_the_keyboard(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers")
    tab.keyboard.press("Tab")
    expect(tab.locator(".skip")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()


def test_mathematics_has_a_size(tab: Page, site: str) -> None:
    tab.goto(f"{site}/papers/2607.90007")
    box = tab.locator("mfrac").first.bounding_box()
    assert box is not None
    assert box["height"] > 10


def test_everything_works_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/papers")
    page.locator("#q").fill("glaciers")
    page.locator("#q").press("Enter")
    expect(page.locator("h1")).to_have_text("Search: glaciers")
    page.get_by_text("Filter", exact=True).click()
    page.locator("#after").fill("2026-08-21")
    page.get_by_role("button", name="Apply").click()
    assert "after=2026-08-21" in page.url
    page.locator(".headline a").first.click()
    expect(page.locator("#bibtex")).to_contain_text("@misc")
    expect(page.locator("[data-copy]")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Browser, site: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site}/papers")
    values = page.evaluate(
        "() => { const style = getComputedStyle(document.documentElement);"
        " return Object.fromEntries(['paper','ink','soft','accent','wash','mark'].map("
        "name => [name, style.getPropertyValue('--' + name).trim()])) }"
    )
    for text, ground in (
        ("ink", "paper"), ("soft", "paper"), ("accent", "paper"), ("ink", "mark"),
        ("soft", "wash"), ("accent", "wash"), ("paper", "accent"),
    ):  # fmt: skip
        assert contrast(values[text], values[ground]) >= 4.5, (text, ground)
    context.close()


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two #rrggbb colours, WCAG 2.2."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
