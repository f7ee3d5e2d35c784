"""Text out of the HTML in feeds, and names out of their strings of authors."""

from __future__ import annotations

import time

import pytest

from broadsheet.sources.live.names import names_in
from broadsheet.sources.live.plain_text import plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One Two"),
        ("H<sub>2</sub>O <b>boils</b>", "H2O boils"),
        ("one<br/>two", "one two"),
        ("R&amp;D, x&lt;y, &eacute;, &#945;", "R&D, x<y, é, α"),
        ('<a href="https://example.org">here</a>', "here"),
        ('<img src="x" alt="a > b" onerror=alert(1)>after', "after"),
        ("<script>bad()</script>good<style>p{}</style>", "good"),
        ("<!-- note -->text", "text"),
        ("<jats:title>Aim</jats:title><jats:p>We weave.</jats:p>", "Aim We weave."),
        ("<script>never closed", ""),
    ],
)
def test_tags_are_taken_out(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "text",
    ["for a < b and c > d", "$x<y$ & $y>z$", "a <b and c> d", "a<b", "<name> is kept", "AT&T"],
)
def test_text_that_is_no_html_stays(text: str) -> None:
    assert plain(text) == text
    assert plain(f"{text} <b>x</b>") == f"{text} x"


def test_unescaped_tags_are_not_read_twice() -> None:
    assert plain("&lt;b&gt;x&lt;/b&gt;") == "<b>x</b>"


@pytest.mark.parametrize(
    "part", ["<", "<a ", "<a b=", "<a b='", "<!--", "<p>", "<script>", "<a  ", "&amp;", "</p"]
)
def test_hostile_text_is_read_in_linear_time(part: str) -> None:
    start = time.process_time()
    plain(part * 100_000)
    assert time.process_time() - start < 5  # 0.6 s on a quiet core


@pytest.mark.parametrize(
    ("creators", "names"),
    [
        (["Ada Weaver, Bo Spinner"], ("Ada Weaver", "Bo Spinner")),
        (["Ada Weaver, Bo Spinner and Cy Dyer"], ("Ada Weaver", "Bo Spinner", "Cy Dyer")),
        (["Weaver, A., Spinner, B. C."], ("A. Weaver", "B. C. Spinner")),
        (["Weaver, A.; Spinner, Bo"], ("A. Weaver", "Bo Spinner")),
        (["Weaver, Ada"], ("Ada Weaver",)),
        (["van der Weft, Jan"], ("Jan van der Weft",)),
        (["van der Weft, Jan Piet", "Spinner, Bo"], ("Jan Piet van der Weft", "Bo Spinner")),
        (["Ada and Bo"], ("Ada", "Bo")),
        (["Ada Weaver", "Ada Weaver"], ("Ada Weaver",)),
        (["<i>Ada</i> Wéaver"], ("Ada Wéaver",)),
        ([], ()),
        ([" , "], ()),
    ],
)
def test_names_are_parted(creators: list[str], names: tuple[str, ...]) -> None:
    assert names_in(creators) == names
