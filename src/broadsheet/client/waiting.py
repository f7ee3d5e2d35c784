"""The client for asyncio: the same methods, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx2

from broadsheet.client.answers import SECONDS, answer, check, settings_of, unreachable
from broadsheet.client.asking import (
    Ask,
    Day,
    PeriodSort,
    SearchSort,
    Window,
    ask_paper,
    ask_papers,
    ask_search,
    ask_similar,
    ask_status,
    ask_trending,
    text_path,
)
from broadsheet.client.shapes import Hit, Page, PaperDetail, Status

T = TypeVar("T")


class AsyncClient:
    """Asks one instance; close it, or use it in an `async with` block.

    Raises Unreachable where no answer comes within `timeout` seconds, ApiError where the server
    refuses, BadAnswer where what answers is no Broadsheet. `token` is one of a person's API tokens.
    """

    def __init__(
        self, base_url: str, *, token: str | None = None, timeout: float = SECONDS
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx2.AsyncClient(**settings_of(base_url, token, timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, ask: Ask[T]) -> T:
        """The answer to a question."""
        return answer(ask, await self._reply(ask.path, dict(ask.parameters)))

    async def each(self, ask: Ask[Page]) -> AsyncIterator[Hit]:
        """Every paper of a listing, page after page, as they are needed."""
        page = await self.get(ask)
        for hit in page.papers:
            yield hit
        while page.next_cursor:
            page = await self.get(ask.at(page.next_cursor))
            for hit in page.papers:
                yield hit

    async def papers(
        self,
        *,
        date: Day | None = None,
        week: str | None = None,
        month: str | None = None,
        window: Window | None = None,
        sort: PeriodSort | None = None,
        cat: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """The papers of a day, week, month or trending window; see `ask_papers`."""
        return await self.get(
            ask_papers(date=date, week=week, month=month, window=window, sort=sort, cat=cat,
                       limit=limit, cursor=cursor)
        )  # fmt: skip

    async def trending(
        self,
        *,
        window: Window | None = None,
        cat: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """Papers by votes and comments that fade with time."""
        return await self.get(ask_trending(window=window, cat=cat, limit=limit, cursor=cursor))

    async def search(
        self,
        q: str,
        *,
        sort: SearchSort | None = None,
        cat: str | None = None,
        after: Day | None = None,
        before: Day | None = None,
        verbatim: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """Papers that match a query; `verbatim` adds and corrects no word of it."""
        return await self.get(
            ask_search(q, sort=sort, cat=cat, after=after, before=before, verbatim=verbatim,
                       limit=limit, cursor=cursor)
        )  # fmt: skip

    async def similar(
        self, key: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Page:
        """Papers near one in meaning."""
        return await self.get(ask_similar(key, limit=limit, cursor=cursor))

    async def paper(self, key: str) -> PaperDetail:
        """One paper with everything known of it."""
        return await self.get(ask_paper(key))

    async def status(self) -> Status:
        """The state of the library."""
        return await self.get(ask_status())

    async def markdown(self, key: str) -> str:
        """One paper as Markdown."""
        return await self._text(text_path(key, "md"))

    async def citation(self, key: str, form: Literal["bib", "ris", "csl.json"] = "bib") -> str:
        """The citation of a paper as BibTeX, RIS or CSL-JSON."""
        return await self._text(text_path(key, form))

    async def _text(self, path: str) -> str:
        reply = await self._reply(path, {})
        check(reply)
        return reply.text

    async def _reply(self, path: str, parameters: dict[str, str]) -> httpx2.Response:
        try:
            return await self._http.get(path, params=parameters)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise unreachable(error, self.base_url) from error
