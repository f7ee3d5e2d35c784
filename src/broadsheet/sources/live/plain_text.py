"""Plain text out of the HTML that feeds carry in titles and summaries.

Only tags of HTML, JATS and MathML go; a `<` that opens none of them is part of the text, since
papers write $a<b$. The patterns are bounded, as the text is anybody's. What comes out is text
and must be escaped like any other.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from broadsheet.sources.fields import fold

BLOCKS = frozenset(
    "address article aside blockquote br center dd div dl dt figcaption figure footer h1 h2 h3 h4 "  # noqa: SIM905
    "h5 h6 header hr jats:p jats:sec jats:title li main ol p pre section table tbody td tfoot th "
    "thead tr ul".split()
)
_INLINE = (
    "a|abbr|acronym|audio|b|big|button|caption|cite|code|col|colgroup|data|del|dfn|em|font|form|i"
    "|iframe|img|input|ins|kbd|label|mark|math|q|s|samp|script|small|source|span|strike|strong"
    "|style|sub|summary|sup|svg|time|tt|u|var|video|wbr|(?:jats|mml):[a-z-]{1,30}"
)
_HIDDEN = frozenset(("script", "style", "svg"))
_VALUE = r"(?:\"[^\"<]{0,2000}\"|'[^'<]{0,2000}'|[^\s<>\"'=]{1,500})"
_ATTRIBUTES = rf"(?:\s{{1,20}}[\w:.-]{{1,50}}={_VALUE}){{0,20}}\s{{0,20}}/?>"
_TAG = rf"/?(?:{'|'.join(BLOCKS)}|{_INLINE}){_ATTRIBUTES}"
_NO_TAG = re.compile(rf"<(?!{_TAG})", re.IGNORECASE)
_MARK_UP = re.compile(rf"<{_TAG}|<!--|&(?:[a-z]+\d*|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_COMMENT = re.compile(r"<!--[^<>]{0,1000}-->")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in _HIDDEN
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append(" ")


def plain(value: str) -> str:
    """The text on one line, without tags and with character references resolved."""
    if not _MARK_UP.search(value):
        return fold(value)
    reader = _Reader()
    reader.feed(_NO_TAG.sub("&lt;", _COMMENT.sub(" ", value)))
    reader.close()
    return fold("".join(reader.parts))
