"""One application per kind of instance, founded anew for each test: making one takes a second."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient
from zstandard import ZstdDecompressor

from broadsheet.delivery.app import create_app
from broadsheet.people import Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.mail_schema import outbox, subscriber
from broadsheet.store.people_schema import account, identity, one_time_link, session, throttle
from broadsheet.store.schema import metadata
from people_factories import person

PASSWORD = "seven quiet harbours"


@dataclass(frozen=True)
class Desk:
    """An application and what tests ask of it."""

    app: FastAPI

    @property
    def services(self) -> Services:
        return self.app.state.services  # type: ignore[no-any-return]

    def found(self) -> Desk:
        """Empty what people have made; Alice owns the instance."""
        with self.services.store._database.write() as connection:
            for table in metadata.sorted_tables:
                if "account_id" in table.c or table in _OTHERS:
                    connection.execute(table.delete())
        person(self.services, "alice", Role.OWNER)
        return self

    def browser(self, **given: Any) -> TestClient:
        """A browser that nobody is signed in with; redirects are shown."""
        return TestClient(self.app, follow_redirects=False, **given)

    def letters(self) -> list[tuple[str, str]]:
        """Kind and address of every letter in the outbox."""
        with self.services.store._database.read() as connection:
            rows = connection.execute(outbox.select().order_by(outbox.c.outbox_id))
            return [(row.unique_key.split(":")[1], row.address) for row in rows]

    def join(self, name: str) -> TestClient:
        """A browser that has just signed up, with the form token in its header."""
        browser = self.browser()
        made = self.services.community.signing_in.join_at_once(name, "", PASSWORD, "192.0.2.1")
        reply = browser.post("/sign-in", data={"login": made.name, "password": PASSWORD})
        assert reply.status_code == 303
        browser.headers["X-Form-Token"] = form_token(browser.get("/settings").text)
        return browser


_OTHERS = (account, identity, one_time_link, session, throttle, outbox, subscriber)


def form_token(page: str) -> str:
    found = re.search(r'name="form-token" content="([^"]+)"', page)
    assert found, "the page has no form token"
    return found[1]


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Desk]:
    services = open_services(Settings(data=folder, **settings))
    yield Desk(create_app(services))
    services.store.close()


def link_of(mailing: Desk) -> str:
    """The path of the link in the last letter."""
    with mailing.services.store._database.read() as connection:
        packed = connection.scalar(
            select(outbox.c.message).order_by(outbox.c.outbox_id.desc()).limit(1)
        )
    message = message_from_bytes(ZstdDecompressor().decompress(packed), policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    [link] = [word for word in body.get_content().split() if "/link/" in word]
    assert link.startswith("https://papers.example.org/link/"), "links never follow Host"
    return link.removeprefix("https://papers.example.org")


def secure(desk: Desk) -> TestClient:
    return desk.browser(base_url="https://papers.example.org")
