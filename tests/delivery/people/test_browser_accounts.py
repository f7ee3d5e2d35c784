"""The life of an account in a real browser: phone and desktop, with scripts and without."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from desk import PASSWORD, Desk, opened
from playwright.sync_api import Browser, Page, expect, sync_playwright

from parts import missing_part

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("browser")) as desk:
        yield desk


@pytest.fixture(scope="module")
def site(kept: Desk) -> Iterator[str]:
    """The address of a running server."""
    config = uvicorn.Config(kept.app, host="127.0.0.1", port=0, log_level="warning")
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
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


def is_too_wide(page: Page) -> bool:
    wide = page.locator("body").evaluate("() => document.documentElement.scrollWidth")
    size = page.viewport_size
    assert size is not None
    return bool(wide > size["width"])


@pytest.mark.parametrize("with_scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_person_joins_makes_a_token_takes_the_data_and_leaves(
    kept: Desk, site: str, browser: Browser, width: int, *, with_scripts: bool
) -> None:
    kept.found()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=with_scripts,
        accept_downloads=True,
    )  # fmt: skip
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    page.goto(f"{site}/papers")
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill("nora")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_role("link", name="nora").first.click()
    page.get_by_role("button", name="Sign out").click()

    page.goto(f"{site}/settings")
    page.get_by_label("Name or e-mail address").fill("nora")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form.form button.main").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert not is_too_wide(page)
    page.get_by_label("Full name").fill("Nora North")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()

    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("What it is for").fill("laptop")
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#secret")).to_contain_text("bsk_")
    assert not is_too_wide(page)
    page.get_by_role("button", name="Revoke laptop").click()
    expect(page.get_by_text("The token is revoked.")).to_be_visible()
    page.get_by_role("link", name="Signing in").click()
    assert not is_too_wide(page)

    page.get_by_role("link", name="Your data").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download your data").click()
    assert download.value.suggested_filename.startswith("broadsheet-nora-")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your password")
    complaints.clear()  # the browser tells of the refusal (422) on its console
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    page.goto(f"{site}/papers")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    assert complaints == []
    context.close()
