"""Builds people for tests: accounts of any role, and clients that are signed in as them."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.community.sessions import TOKEN_MARK
from broadsheet.people import Account, Role
from broadsheet.services import Services


def person(
    services: Services,
    name: str,
    role: Role = Role.READER,
    *,
    verified: bool = True,
    old: bool = True,
) -> Account:
    """A new account with the address NAME@people.example; an old one is thirty days old."""
    now = services.clock()
    made = services.store.people.accounts.create(
        name,
        email=f"{name}@people.example",
        password_hash=None,
        created_at=now - timedelta(days=30 if old else 0),
        verified_at=now if verified else None,
    )
    assert made is not None, f"there is a {name} already"
    changed = services.store.people.accounts.change(made.account_id, role=role.label)
    assert changed is not None
    return changed


def signed_in(app: FastAPI, account: Account) -> TestClient:
    """A browser signed in as the account; changes carry the form token. Redirects are shown."""
    community = app.state.services.community
    secret = community.sessions.open(account, "a test")
    client = TestClient(app, follow_redirects=False)
    client.cookies.set("broadsheet", secret)
    client.headers["X-Form-Token"] = community.secrets.signature("form", secret)
    return client


def program_of(app: FastAPI, account: Account, *, can_write: bool = True) -> TestClient:
    """A program with a personal token of the account."""
    secret, _ = app.state.services.community.sessions.make_token(
        account, "a test", can_write=can_write
    )
    assert secret.startswith(TOKEN_MARK)
    client = TestClient(app, follow_redirects=False)
    client.headers["Authorization"] = f"Bearer {secret}"
    return client
