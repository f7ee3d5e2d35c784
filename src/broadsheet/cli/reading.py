"""Commands that read: papers of a period, search, one paper."""

from __future__ import annotations

from typing import Annotated, Literal, NoReturn

import typer
from rich.panel import Panel
from rich.text import Text

from broadsheet.cli.guidance import print_facets, say_guidance
from broadsheet.cli.terminal import fail, out, print_json, print_page
from broadsheet.delivery.api.models import PageShape
from broadsheet.delivery.api.papers import detail_shape
from broadsheet.delivery.periods import Period, day_in_words, parse_day, parse_period
from broadsheet.delivery.web.counts import counted
from broadsheet.domain import Listing, ListingKind, Page, Paper, Sort, Window
from broadsheet.errors import QueryError
from broadsheet.latex import readable
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings, load_settings

Limit = Annotated[int, typer.Option(min=1, max=100, help="Papers to show.")]
Category = Annotated[
    str | None, typer.Option("--cat", help="Only this category (cs.LG) or archive (cs).")
]
CursorOption = Annotated[str | None, typer.Option(help="Go on where the last page ended.")]
PeriodSort = Literal[Sort.VOTES, Sort.DATE]
SearchSort = Literal[Sort.RELEVANCE, Sort.DATE, Sort.VOTES]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the API gives it.")]


def origin_of(settings: Settings) -> str:
    """The address that links in JSON start with."""
    return (settings.base_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def papers(
    *,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="One day.")] = None,
    week: Annotated[str | None, typer.Option(metavar="YYYY-Www", help="One ISO week.")] = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="One month.")] = None,
    trending: Annotated[
        Window | None, typer.Option(help="Trending over a day, week, month, or all time.")
    ] = None,
    category: Category = None,
    sort: Annotated[PeriodSort | None, typer.Option(help="votes (default) or date.")] = None,
    limit: Limit = 25,
    cursor: CursorOption = None,
    json: Json = False,
) -> None:
    """Show the papers of the newest day, or of a day, week or month, or Trending."""
    chosen = [name for name in (date, week, month, trending) if name is not None]
    if len(chosen) > 1:
        message = "Choose one of --date, --week, --month and --trending."
        raise typer.BadParameter(message)
    period = _period(date, week, month)
    kind = ListingKind.TRENDING if trending else period.kind if period else ListingKind.DAY
    listing = Listing(
        kind,
        start=period.start if period else None,
        end=period.end if period else None,
        window=trending or Window.WEEK,
        category=category,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    _show(listing, _title(kind, period, trending), as_json=json)


def _period(date: str | None, week: str | None, month: str | None) -> Period | None:
    named = {ListingKind.DAY: date, ListingKind.WEEK: week, ListingKind.MONTH: month}
    try:
        for kind, text in named.items():
            if text is not None:
                return parse_period(kind, text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return None


def _title(kind: ListingKind, period: Period | None, window: Window | None) -> str:
    if period:
        return period.title
    if kind is ListingKind.TRENDING and window is not None:
        return "Trending, all time" if window is Window.ALL else f"Trending, {window.value}"
    return "The newest day"


def search(
    context: typer.Context,
    query: Annotated[
        list[str], typer.Argument(metavar="QUERY...", help="Words, or the search language.")
    ],
    *,
    sort: Annotated[
        SearchSort | None, typer.Option(help="relevance (default), date or votes.")
    ] = None,
    category: Category = None,
    after: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Not before.")] = None,
    before: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Not after.")] = None,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="Add no acronyms and put no spelling right.")
    ] = False,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count years, categories, sources and code.")
    ] = False,
    limit: Limit = 25,
    cursor: CursorOption = None,
    json: Json = False,
) -> None:
    """Find papers by meaning and by words.

    The search language: "quoted phrase", -word, author:name, title:word, cat:cs.LG,
    id:1706.03762, after:2024, before:2024-06, has:code, source:arxiv. Quote what the shell
    would change: broadsheet search '"tidal mills" -moon'
    """
    if query == ["-h"]:
        typer.echo(context.get_help())
        return
    text = _words(query)
    try:
        listing = Listing(
            ListingKind.SEARCH,
            query=text,
            start=parse_day(after) if after else None,
            end=parse_day(before) if before else None,
            category=category,
            sort=sort,
            limit=limit,
            cursor=cursor,
            is_guided=True,
            is_verbatim=verbatim,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        page = _show(listing, text, as_json=json)
    except QueryError as error:
        _fail_with_caret(text, error)
    if page.guidance and not json:
        say_guidance(page.guidance)
        if facets:
            print_facets(page.guidance)


def similar(
    papers: Annotated[
        list[str], typer.Argument(metavar="ID...", help="arXiv ids, DOIs, or our keys.")
    ],
    *,
    unlike: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Less like this paper; may be repeated.")
    ] = None,
    limit: Limit = 25,
    cursor: CursorOption = None,
    json: Json = False,
) -> None:
    """Find papers like one or several, and less like others."""
    avoided = tuple(unlike or ())
    listing = Listing(
        ListingKind.SIMILAR, seeds=tuple(papers), unlike=avoided, limit=limit, cursor=cursor
    )
    _show(listing, f"Papers like {', '.join(papers)}", as_json=json)


def _words(query: list[str]) -> str:
    """The query; a word with one minus is left out of what is found, one with two is a mistake."""
    unknown = next((word for word in query if word.startswith("--")), None)
    if unknown is not None:
        message = f"No such option: {unknown}"
        raise typer.BadParameter(message)
    return " ".join(query)


def _fail_with_caret(query: str, error: QueryError) -> NoReturn:
    fail(f"{error}\n  {query}\n  {' ' * error.position}^", code=2)


def _show(listing: Listing, title: str, *, as_json: bool) -> Page:
    settings = load_settings()
    page: Page = open_services(settings).ranking.page(listing)
    if page.listing.kind is ListingKind.DAY and page.start:
        title = day_in_words(page.start)
    if as_json:
        print_json(PageShape.of(page, origin_of(settings)).model_dump(mode="json"))
    else:
        print_page(page, page.listing.query or title)
    return page


def show(
    paper: Annotated[
        str, typer.Argument(metavar="ID", help="arXiv id, DOI, address of either, or our key.")
    ],
    *,
    json: Json = False,
) -> None:
    """Show one paper: abstract, links, versions, and papers that belong to it."""
    settings = load_settings()
    services = open_services(settings)
    found = services.store.paper(paper)
    if json:
        print_json(detail_shape(services, found, origin_of(settings)).model_dump(mode="json"))
    else:
        _print_paper(services, found)


def _print_paper(services: Services, paper: Paper) -> None:
    out.print(Text(readable(paper.title), style="bold"))
    out.print(Text(", ".join(paper.authors)), style="dim")
    out.print(Text(_facts(paper)))
    out.print(Panel(Text(readable(paper.abstract)), border_style="dim"))
    for link in paper.links:
        out.print(Text(f"{link.kind.value:<9}{link.url}"))
    for related in services.store.related(paper.paper_id):
        out.print(Text(f"see also {related.key}  {readable(related.title)}"))


def _facts(paper: Paper) -> str:
    facts = [
        paper.key,
        f"listed {paper.listed_on}",
        f"submitted {paper.submitted_at:%Y-%m-%d}" if paper.submitted_at else "",
        f"version {paper.version}" if paper.versions else "",
        " ".join(paper.categories),
        counted(paper.votes, "vote", "votes"),
        counted(paper.comments, "comment", "comments"),
        "from the sample edition" if paper.is_sample else f"from {', '.join(paper.sources)}",
        "withdrawn" if paper.is_withdrawn else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(papers)
    # Words such as -image leave a word out; they must not be read as options, nor -hidden as -h.
    words = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
    app.command(context_settings=words)(search)
    app.command()(similar)
    app.command()(show)
