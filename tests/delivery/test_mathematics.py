"""Formulas become MathML that cannot carry anything else."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.delivery.mathematics import LONGEST_FORMULA, formula

TAG = re.compile(r"<[^>]*>")
SAFE_TAG = re.compile(r'</?(?:math|m[a-z]+|none|code|span)(?: [a-z]+="[\w .%+-]*")*>')


def test_a_formula_becomes_mathml() -> None:
    shown = formula(r"x_1^2 \leq \frac{a}{b}")
    assert shown.startswith('<math display="inline">')
    assert "<mfrac>" in shown
    assert "≤" in shown


def test_display_formulas_are_blocks() -> None:
    assert '<math display="block">' in formula("x", is_display=True)


def test_a_name_is_set_apart_from_its_argument() -> None:
    assert '<mi>log</mi><mspace width="0.167em"></mspace><mi>T</mi>' in formula(r"\log T")


@pytest.mark.parametrize(
    "source",
    [
        r"\text{<script>alert(1)</script>}",
        r"\mathrm{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(javascript:1)}{x}",
        r"\class{a\" onclick=\"alert(1)}{x}",
        r"\color{red\" onmouseover=\"alert(1)}{x}",
        r"\textcolor{red}{x}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\text{&amp;lt;script&amp;gt;}",
        r'"><script>alert(1)</script>',
        r"\begin{array}{l\" onload=\"x} a \end{array}",
        r"\tag{<b>1</b>}x",
        r"\hspace{1em\" onclick=\"x}",
        r"\unicode{x3C}script",
        "</math><script>alert(1)</script>",
        "<annotation-xml encoding='text/html'><script>1</script></annotation-xml>",
    ],
)
def test_no_markup_gets_through_a_formula(source: str) -> None:
    for display in (False, True):
        shown = formula(source, is_display=display)
        for tag in TAG.findall(shown):
            assert SAFE_TAG.fullmatch(tag) or tag == '<code class="tex">', shown


@given(st.text(alphabet=r'\{}^_&<>"$ abx1/=()[]textfracmhrefbegin;#', max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_safe_markup(source: str) -> None:
    for tag in TAG.findall(formula(source)):
        assert SAFE_TAG.fullmatch(tag) or tag == '<code class="tex">', source


@pytest.mark.parametrize("source", [r"\unknown{x}", r"\frac{a", r"\left( x", "x_", r"\begin{foo}x"])
def test_broken_tex_never_raises(source: str) -> None:
    assert formula(source)


def test_an_unknown_command_shows_its_source() -> None:
    assert formula(r"\unknown{x}") == r'<code class="tex">\unknown{x}</code>'


def test_number_sets_need_no_macro_of_the_author() -> None:
    assert "ℝ" in formula(r"x \in \R^n")


def test_a_very_long_formula_shows_its_source() -> None:
    assert formula("x" * (LONGEST_FORMULA + 1)).startswith("<code")


@pytest.mark.parametrize("source", ["{" * 1999, "x^" * 999, r"\sqrt" * 390, r"\frac" * 390])
def test_deep_nesting_is_answered_soon(source: str) -> None:
    before = time.perf_counter()
    assert formula(source)
    assert time.perf_counter() - before < 2


def test_wide_formulas_scroll_in_a_box_of_their_own() -> None:
    assert formula("a + b " * 20).startswith('<span class="math-long">')
