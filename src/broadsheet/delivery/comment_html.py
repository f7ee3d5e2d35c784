r"""Comments as HTML that is safe to put into a page: Markdown, formulas, mentions, plain addresses.

Three fences stand behind each other. Markdown is read without raw HTML; what comes out is
sanitised by an allow list; only then are formulas set in, which `mathematics` writes itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

from broadsheet.community.mentions import MENTION
from broadsheet.delivery.kept_html import KeptHtml
from broadsheet.delivery.mathematics import formula
from broadsheet.delivery.tex_in_markdown import add_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.utils import EnvType, OptionsDict

LARGEST_HTML = 200_000
"""Characters; a comment that becomes more is a trick, and is shown as plain text."""
MOST_FORMULAS = 100
DEEPEST_NESTING = 12
MOST_CELLS = 2_000
_CLEANER = nh3.Cleaner(
    tags={
        "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
        "table", "thead", "tbody", "tr", "th", "td",
    },
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    allowed_classes={"a": {"mention"}, "p": {"heading"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
)  # fmt: skip
_ORDINARY = re.compile(r"(?:[^\W\d_][^\\`*_\[\]<>#|~$@&\r\n]*(?<!\s)(?:\n{1,2}(?=\S)|\Z))+")
"""Lines that begin with a letter and hold nothing that Markdown, formulas or calls begin with."""
_USABLE = re.compile(r"(?:https?://[^/\s]|mailto:[^\s@]+@|/(?![/\\])|#)", re.IGNORECASE)
_CALLS = re.compile(rf"https?://[^\s<>\"'{{}}|\\^`\ue000-\uf8ff]+|{MENTION.pattern}")
_AFTER_ADDRESS = ".,;:!?)]*_~"
_MARK = "\ue000{}\ue001"
_MARKS = re.compile("\ue000(\\d{1,4})\ue001")
_PRIVATE = re.compile("[\x00\ue000-\uf8ff]")
_kept = KeptHtml()


def comment_html(body: str, handles: frozenset[str] = frozenset()) -> Markup:
    """The body as safe HTML; `handles` are those that are somebody's, which become links.

    Total: no input raises, and the time is linear in its length, apart from formulas, which are
    bounded too.
    """
    if not body.strip():
        return Markup()
    known = (body, handles if "@" in body else frozenset())
    html = _kept.get(known)
    if html is None:
        html = _rendered(body, handles)
        _kept.put(known, html)
    return Markup(html)  # noqa: S704 - sanitised by _rendered


def _rendered(body: str, handles: frozenset[str]) -> str:
    text = _PRIVATE.sub("", body)
    if "://" not in text and _ORDINARY.fullmatch(text):
        return _paragraphs(text)
    formulas: list[tuple[str, bool]] = []
    try:
        reader = _WITHOUT_TABLES if _has_huge_table(text) else _MARKDOWN
        html = reader.render(text, {"handles": handles, "formulas": formulas})
    except RecursionError:
        html = ""
    if not html or len(html) > LARGEST_HTML:
        return str(_plain(text))
    return _MARKS.sub(lambda mark: _formula(formulas, int(mark[1])), _CLEANER.clean(html))


def _paragraphs(text: str) -> str:
    """What Markdown makes of text that holds no sign of it, at a tenth of the time."""
    return "".join(f"<p>{escape(part)}</p>\n" for part in text.split("\n\n"))


def _has_huge_table(text: str) -> bool:
    """Whether a table may have so many cells that reading it takes seconds."""
    if "|" not in text:
        return False
    lines = text.split("\n")
    return len(lines) * max(line.count("|") for line in lines) > MOST_CELLS


def _plain(text: str) -> Markup:
    return Markup('<p class="unread">{}</p>').format(text)


def _formula(formulas: Sequence[tuple[str, bool]], number: int) -> str:
    if number >= len(formulas):
        return ""
    source, is_display = formulas[number]
    return str(formula(source, is_display=is_display))


def _is_usable(url: str) -> bool:
    """Whether an address may be a link: absolute on the web, mail, or a place on this site."""
    return _USABLE.match(url) is not None


def _mark_formula(
    _renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType
) -> str:
    """A mark that outlives sanitising; the formula itself takes its place at the end."""
    token = tokens[at]
    formulas = cast("list[tuple[str, bool]]", env["formulas"])
    if len(formulas) >= MOST_FORMULAS:
        return f"<code>{escape(token.content)}</code>"
    formulas.append((token.content, token.info == "display"))
    return _MARK.format(len(formulas) - 1)


def _link_texts(state: StateCore) -> None:
    """Make links of plain addresses and of mentions, outside links and code."""
    handles = cast("frozenset[str]", state.env.get("handles", frozenset()))
    for block in state.tokens:
        if block.type == "inline" and ("@" in block.content or "://" in block.content):
            block.children = list(_with_links(block.children or [], handles))


def _with_links(tokens: Iterable[Token], handles: frozenset[str]) -> Iterator[Token]:
    inside = 0
    for token in tokens:
        inside += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not inside:
            yield from _pieces(token.content, handles)
        else:
            yield token


def _pieces(text: str, handles: frozenset[str]) -> Iterator[Token]:
    last = 0
    for start, end, url, name in _links(text, handles):
        yield _text(text[last:start])
        opening = Token("link_open", "a", 1, attrs={"href": url})
        if name:
            opening.attrs["class"] = "mention"
        yield opening
        yield _text(text[start:end])
        yield Token("link_close", "a", -1)
        last = end
    yield _text(text[last:])


def _links(text: str, handles: frozenset[str]) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, address and handle of what should be a link, in order."""
    for found in _CALLS.finditer(text):
        if found[1] is None:
            url = found[0].rstrip(_AFTER_ADDRESS)
            if _is_usable(url):
                yield found.start(), found.start() + len(url), url, ""
        elif found[1].lower() in handles:
            name = found[1].lower()
            yield found.start(), found.end(), f"/people/{quote(name)}", name


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _image(
    _renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    """An image is a link: loading it would tell another site who reads."""
    token = tokens[at]
    link = Markup('<a href="{}">{}</a>')
    return str(link.format(token.attrs.get("src", ""), token.content or "Image"))


def _heading(
    _renderer: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    """A heading within a comment is a strong line: the page's outline is the page's."""
    return '<p class="heading"><strong>' if tokens[at].nesting > 0 else "</strong></p>\n"


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST_NESTING})
    reader.enable(["table", "strikethrough"])
    reader.disable(["html_block", "html_inline", "reference", "lheading"])
    reader.validateLink = _is_usable  # type: ignore[method-assign]
    add_formulas(reader)
    reader.core.ruler.push("link_texts", _link_texts)
    reader.add_render_rule("formula", _mark_formula)
    reader.add_render_rule("image", _image)
    for name in ("heading_open", "heading_close"):
        reader.add_render_rule(name, _heading)
    return reader


_MARKDOWN = _reader()
_WITHOUT_TABLES = _reader().disable("table")
