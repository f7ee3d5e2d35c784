"""Templates to HTML replies: the environment, its filters, and what every page knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from broadsheet.delivery.access import origin_of
from broadsheet.delivery.addresses import paper_path, with_query
from broadsheet.delivery.lists.ways import FRONT_FEEDS
from broadsheet.delivery.periods import day_in_words, plain_day
from broadsheet.delivery.visitors import known_visitor
from broadsheet.delivery.web.assets import load_assets
from broadsheet.delivery.web.counts import number
from broadsheet.delivery.web.ways import sections

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import Request

    from broadsheet.delivery.web.assets import Asset


class Pages:
    """Renders the templates of one application."""

    def __init__(self, clock: Callable[[], datetime], source_summary: Callable[[], str]) -> None:
        self._clock = clock
        self._source_summary = source_summary
        self.assets: dict[str, Asset] = load_assets()
        self.by_path = {asset.path: asset for asset in self.assets.values()}
        self._templates = Environment(
            loader=PackageLoader("broadsheet.delivery.web"),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            day=day_in_words, plain_day=plain_day, number=number, code=with_code
        )
        self._templates.globals.update(
            asset=lambda name: self.assets[name].path,
            paper_path=paper_path,
            with_query=with_query,
        )

    def render(
        self, request: Request, template: str, *, status: int = 200, **context: object
    ) -> HTMLResponse:
        """The template filled in; `context` adds to what every page knows."""
        visitor = known_visitor(request)
        common = {
            "visitor": visitor,
            "form_token": visitor.form_token,
            "dateline": day_in_words(self._clock().date()),
            "query": "",
            "sections": sections(),
            "origin": origin_of(request),
            "path": request.url.path,
            "here": f"{request.url.path}?{request.url.query}".removesuffix("?"),
            "source_summary": self._source_summary(),
            "feeds": FRONT_FEEDS,
            "sends_mail": bool(request.app.state.services.settings.smtp_host),
        }
        body = self._templates.get_template(template).render({**common, **context})
        reply = HTMLResponse(body, status)
        if visitor.account is not None:
            reply.headers["Cache-Control"] = "private, no-cache"
            reply.headers["Vary"] = "Cookie"
        return reply


def with_code(text: str) -> Markup:
    """The text, escaped, with what stands between backticks as code."""
    parts = text.split("`")
    pieces = [
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    ]
    return Markup("").join(pieces)
