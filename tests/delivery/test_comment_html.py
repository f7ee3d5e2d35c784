"""Comments as HTML: what Markdown may do, and what no comment may ever do."""

from __future__ import annotations

import gc
import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hostile_markdown import BOMBS, N, attacks
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.delivery import comment_html as module
from broadsheet.delivery.comment_html import LARGEST_HTML, comment_html
from broadsheet.delivery.kept_html import KeptHtml

PEOPLE = frozenset({"bob", "eve-2"})
MATHML = frozenset({
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mfrac", "msqrt", "mroot",
    "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose",
})  # fmt: skip
PLAIN = frozenset({
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "table",
    "thead", "tbody", "tr", "th", "td", "span",
})  # fmt: skip
HARMLESS = frozenset({"class", "title", "start", "rel"})


class Inspector(HTMLParser):
    """Collects whatever a comment must not hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in PLAIN | MATHML:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "href":
                self._check_link(value or "")
            elif (
                name.startswith("on")
                or name in {"style", "src", "id", "srcset", "action"}
                or (tag in PLAIN and name not in HARMLESS)
            ):
                self.found.append(f"{tag} {name}")

    def _check_link(self, value: str) -> None:
        is_here = value.startswith(("/", "#")) and not value.startswith(("//", "/\\"))
        if not is_here and urlsplit(value.strip()).scheme not in {"http", "https", "mailto"}:
            self.found.append(f"href {value}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}")


def faults_of(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.found


def test_there_are_enough_attacks() -> None:
    assert len(attacks()) >= 150


def test_the_inspector_finds_what_is_wrong() -> None:
    assert faults_of("<p onclick=x>a</p><script>1</script><a href='javascript:1'>x</a>") == [
        "p onclick", "<script>", "href javascript:1",
    ]  # fmt: skip


@pytest.mark.parametrize("attack", attacks())
def test_no_attack_comes_through(attack: str) -> None:
    html = str(comment_html(attack, PEOPLE))
    assert faults_of(html) == []


@pytest.mark.parametrize("attack", attacks()[::7])
def test_no_attack_comes_through_within_other_text(attack: str) -> None:
    for around in (
        "a *{}* b",
        "> {}\n\nb",
        "- a\n- {}",
        "[{}](/x)",
        "| a |\n|--|\n| {} |",
        "**@bob {}**",
    ):
        assert faults_of(str(comment_html(around.replace("{}", attack), PEOPLE))) == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>\"'`[](){}!*_~#|$\\&;:/@-=. \nabjs1\ue000\u202e", max_size=120))
def test_no_text_becomes_more_than_it_may(text: str) -> None:
    assert faults_of(str(comment_html(text, PEOPLE))) == []


@pytest.mark.parametrize("name", BOMBS)
def test_no_comment_costs_half_a_second(name: str) -> None:
    body = BOMBS[name][:N]
    comment_html("warm $x$ | up")
    gc.collect()
    gc.disable()  # the heap of all tests takes half a second to look through
    try:
        began = time.thread_time()
        html = comment_html(body, PEOPLE)
        took = time.thread_time() - began
    finally:
        gc.enable()
    assert took < 0.5
    assert len(html) < 2 * LARGEST_HTML


def test_markdown_becomes_html() -> None:
    body = "A *b* **c** ~~d~~ `e`\n\n> f\n\n1. g\n2. h\n\n- i\n\n```\nj <k>\n```\n\n| l |\n|---|\n| m |"
    html = comment_html(body)
    for part in (
        "<em>b</em>", "<strong>c</strong>", "<s>d</s>", "<code>e</code>", "<blockquote>",
        "<ol>\n<li>g</li>", "<li>i</li>", "<pre><code>j &lt;k&gt;", "<th>l</th>", "<td>m</td>",
    ):  # fmt: skip
        assert part in html


def test_links_tell_search_engines_nothing_and_open_no_door() -> None:
    for body in ("[x](https://good.example)", "https://good.example", "<https://good.example>"):
        assert 'rel="nofollow ugc noopener"' in comment_html(body)
        assert 'href="https://good.example"' in comment_html(body)


def test_a_plain_address_ends_before_its_punctuation() -> None:
    html = comment_html("(see https://good.example/a_b_c(d), or https://good.example.)")
    assert ">https://good.example/a_b_c(d</a>" in html
    assert ">https://good.example</a>.)" in html


def test_an_image_is_a_link_that_loads_nothing() -> None:
    html = comment_html("![A chart](https://good.example/chart.png)")
    assert '<a href="https://good.example/chart.png"' in html
    assert ">A chart</a>" in html
    assert "<img" not in html


def test_a_heading_stays_out_of_the_outline_of_the_page() -> None:
    assert comment_html("# Loud") == '<p class="heading"><strong>Loud</strong></p>\n'


@pytest.mark.parametrize("formula", ["$x_1$", "$$x_1$$", "\\(x_1\\)", "\\[x_1\\]", "$$\nx_1\n$$"])
def test_a_formula_becomes_mathml(formula: str) -> None:
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in comment_html(f"So {formula} holds.")


def test_signs_of_markdown_mean_nothing_within_a_formula() -> None:
    html = comment_html("$a_1 * b_2 * c$ and $x < y$ and $\\{a\\}$")
    assert "<em>" not in html
    assert html.count("<math") == 3
    assert "&lt;" in html


def test_prices_are_no_formulas() -> None:
    assert "<math" not in comment_html("It costs $5 and $6, or $7-$8, never \\$9\\$.")


def test_code_holds_no_formulas_links_or_mentions() -> None:
    html = comment_html("`$x$ @bob https://a.example`", PEOPLE)
    assert "<math" not in html
    assert "<a " not in html


def test_only_people_who_exist_are_linked() -> None:
    html = comment_html("@Bob, @eve-2. @nobody mail@bob x/@bob @bob@other", PEOPLE)
    assert html.count('class="mention"') == 2
    assert '<a href="/people/bob" class="mention"' in html
    assert '<a href="/people/eve-2" class="mention"' in html


def test_ordinary_text_comes_out_as_the_slow_way_makes_it() -> None:
    text = 'It\'s "so"; really?\nYes.\n\nÉt voilà (3 < is not here) – fine: yes = no + 1.'
    text = text.replace("<", "lt")
    assert module._ORDINARY.fullmatch(text)
    slow = module._CLEANER.clean(module._MARKDOWN.render(text, {"handles": PEOPLE, "formulas": []}))
    fast = str(comment_html(text)).replace("&#39;", "'").replace("&#34;", '"')
    assert fast.strip() == slow.strip()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab é1-+=.:(\n \t\r", max_size=40))
def test_the_short_way_and_the_long_way_agree(text: str) -> None:
    if module._ORDINARY.fullmatch(text):
        env = {"handles": PEOPLE, "formulas": []}
        slow = module._CLEANER.clean(module._MARKDOWN.render(text, env))
        assert str(comment_html(text)).strip() == slow.strip()


def test_kept_html_stays_within_its_bound() -> None:
    kept = KeptHtml(largest=100)
    for number in range(50):
        kept.put((str(number), frozenset()), "x" * 20)
    assert kept.get(("49", frozenset())) == "x" * 20
    assert kept.get(("0", frozenset())) is None
    assert sum(len(body) + len(html) for (body, _), html in kept._kept.items()) <= 100
    kept.put(("large", frozenset()), "x" * 101)
    assert kept.get(("large", frozenset())) is None
