"""Mark-up in titles and abstracts, with invented sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.markup import text_of_markup


def test_tags_are_removed_and_paragraphs_stay_apart() -> None:
    markup = "<jats:p>We weave <jats:italic>silk</jats:italic>.</jats:p><jats:p>It holds.</jats:p>"
    assert text_of_markup(markup) == "We weave silk. It holds."


def test_heading_that_says_abstract_is_left_out() -> None:
    assert text_of_markup("<jats:title>Abstract</jats:title><jats:p>Looms.</jats:p>") == "Looms."


def test_other_headings_end_with_a_colon() -> None:
    markup = "<jats:sec><jats:title>Methods</jats:title><jats:p>Looms.</jats:p></jats:sec>"
    assert text_of_markup(markup) == "Methods: Looms."


def test_tex_of_a_formula_is_kept_and_its_mathml_left_out() -> None:
    markup = (
        r"<p>Let <inline-formula><alternatives><tex-math>\usepackage{a} \begin{document}"
        r"$$x^2 &lt; 3$$\end{document}</tex-math><mml:math><mml:mi>x</mml:mi></mml:math>"
        r"</alternatives></inline-formula> be.</p>"
    )
    assert text_of_markup(markup) == "Let $x^2 < 3$ be."


def test_tex_without_a_formula_around_it_is_kept() -> None:
    assert text_of_markup(r"<p>at <tex-math>$\alpha$</tex-math></p>") == r"at $\alpha$"


def test_mathml_alone_gives_its_signs() -> None:
    markup = "A <mml:math><mml:mi>q</mml:mi>\n <mml:mo>=</mml:mo><mml:mn>2</mml:mn></mml:math> b"
    assert text_of_markup(markup) == "A q=2 b"


def test_annotations_of_mathml_are_left_out() -> None:
    markup = "<math><mi>q</mi><annotation>machine words</annotation></math>"
    assert text_of_markup(markup) == "q"


def test_raised_and_lowered_signs_become_tex() -> None:
    markup = "CO<sub>2</sub> at 10<jats:sup>−3</jats:sup> m"
    assert text_of_markup(markup) == "CO$_{2}$ at 10$^{−3}$ m"


def test_raised_words_stay_words() -> None:
    assert text_of_markup("a<sup>see the note</sup>") == "asee the note"


def test_doubly_escaped_signs_are_read() -> None:
    assert text_of_markup("R&amp;amp;D &amp;lt; 5") == "R&D < 5"


def test_plain_comparisons_are_no_tags() -> None:
    assert text_of_markup("p < 0.05 & so on") == "p < 0.05 & so on"


def test_scripts_bring_no_text() -> None:
    assert text_of_markup("<script>alert(1)</script>Looms") == "Looms"


@pytest.mark.parametrize("markup", ["<p>Looms", "Looms</p>", "<jats:sup>Looms", "<title>Looms."])
def test_unclosed_tags_lose_no_words(markup: str) -> None:
    assert "Looms" in text_of_markup(markup)


@given(st.text(alphabet="<>/&;$ab\x00 pmathsuetx-:\"'", max_size=120))
def test_every_text_gives_one_line_without_control_signs(markup: str) -> None:
    found = text_of_markup(markup)
    assert found == found.strip()
    assert found.isprintable() or not found
