"""What the protocols share: their own form of error on every route, and arguments given once.

Which words an error gets is each protocol's matter; that nothing escapes it is settled here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from broadsheet.delivery.access import Needs, posted_token, services_of
from broadsheet.delivery.errors import Problem, problem_of
from broadsheet.delivery.visitors import NOBODY
from broadsheet.errors import BroadsheetError, InputError, SignInRequired

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
LONGEST_ARGUMENT = 20_000


class OpenWithForeignTokens(Needs):
    """The mark of what everybody may read, who signs in elsewhere included.

    Clients send the token of the service that they were written for, which means nothing here.
    """

    def __init__(self) -> None:
        super().__init__(None, from_anywhere=True)

    def __call__(self, request: Request, form_token: str = Depends(posted_token)) -> None:
        """Let the request pass; raises SignInRequired where only members may read."""
        try:
            super().__call__(request, form_token)
        except SignInRequired:
            if services_of(request).settings.reading == "members":
                raise
            request.state.visitor = NOBODY


READABLE = Depends(OpenWithForeignTokens())


def answering(translate: Callable[[Request, Problem], Response]) -> type[APIRoute]:
    """A class of routes whose errors are replies of the protocol's own form."""

    class Route(APIRoute):
        def get_route_handler(self) -> Handler:
            original = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await original(request)
                except (BroadsheetError, HTTPException, RequestValidationError) as error:
                    return translate(request, problem_of(error))

            return handle

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Refuse a method that the address has not, before any handler is asked."""
            try:
                await super().handle(scope, receive, send)
            except HTTPException as error:
                request = Request(scope, receive)
                await translate(request, problem_of(error))(scope, receive, send)

    return Route


def given_once(arguments: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Arguments by name; raises InputError for one that is repeated or enormous."""
    found: dict[str, str] = {}
    for name, value in arguments:
        if name in found:
            raise InputError(f"The argument {name:.60} was given more than once.")
        if len(value) > LONGEST_ARGUMENT:
            raise InputError(f"The argument {name:.60} is longer than {LONGEST_ARGUMENT} signs.")
        if "\0" in value:
            raise InputError(f"The argument {name:.60} holds a NUL character.")
        found[name] = value
    return found


def whole_number(arguments: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    """An argument as a number within bounds; raises InputError with a sentence."""
    text = arguments.get(name, "").strip()
    if not text:
        return default
    sign = text.removeprefix("-")
    number = int(text) if sign.isascii() and sign.isdigit() and len(sign) <= 18 else None  # noqa: PLR2004 - beyond every bound
    if number is None:
        raise InputError(f"{name} must be a whole number, not “{text[:40]}”.")
    if not least <= number <= most:
        raise InputError(f"{name} must be between {least} and {most}, not {text[:40]}.")
    return number
