"""Readable text from LaTeX remains, and the cut into prose and formulae."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.latex import readable, segments


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"the Fr\'echet distance", "the Fréchet distance"),
        (r"a na\"{\i}ve view", "a naïve view"),
        (r"Erd\H{o}s, \c{C}elik, Kr\"{o}ger and \L{}uka", "Erdős, Çelik, Kröger and Łuka"),
        (r"\v s and \v{S}", "š and Š"),
    ],
)
def test_accent_commands_become_letters(source: str, shown: str) -> None:
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\textit{quick} \emph{fox}", "quick fox"),
        (r"{\em quick} {\bf fox}", "quick fox"),
        (r"{bf quick} fox", "quick fox"),
        (r"{BERT} in titles", "BERT in titles"),
        (r"gains 20\% of R\&D \#1 \$5 a\_b", "gains 20% of R&D #1 $5 a_b"),
        (r"\ie cats, \eg dogs", "i.e. cats, e.g. dogs"),
        (r"the \mynet model", "the mynet model"),
        (r"as shown~\cite{smith2020} before", "as shown before"),
        (r"text\footnote{a note}", "text (a note)"),
        (r"\begin{equation} a = b \end{equation}", "a = b"),
    ],
)
def test_mark_up_goes_and_its_text_stays(source: str, shown: str) -> None:
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$\alpha$-stable", "α-stable"),
        (r"a $1\times 1$ kernel", "a 1×1 kernel"),
        (r"L$_2$ norm, $x^2 + y_{ij}$", "L₂ norm, x² + yᵢⱼ"),
        (r"$\frac{a+b}{c}$ and $\sqrt{N}$", "(a+b)/c and √N"),
        (r"$e^{i g(R,S)}$", "e^(i g(R,S))"),
        (r"in $\mathbb{R}^d$ with $\hat{x}$", "in ℝᵈ with x̂"),
        (r"$\log n$ and $\log\log n$", "log n and log log n"),
        (r"\(x \leq y\) and \[z\]", "x ≤ y and z"),
        (r"$10^{-3}\,\mathrm{m}$ at $90^\circ$", "10⁻³ m at 90°"),
        (r"temperature {\tau} here", "temperature τ here"),
    ],
)
def test_simple_formulae_become_signs(source: str, shown: str) -> None:
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("1times 1 kernels run 23times faster", "1×1 kernels run 23× faster"),
        ("(forall kgeq 1)", "(∀ k ≥ 1)"),
        ("all kgeq 2; mleq 3", "all k ≥ 2; m ≤ 3"),
        ("using sim20% or leq5% and approx 0.84", "using ∼20% or ≤5% and ≈ 0.84"),
        ("a 360^circ view in O(n^3)", "a 360° view in O(n³)"),
        ("mathcal{O}(n), infty-norm, | langle x rangle", "O(n), ∞-norm, | ⟨ x ⟩"),
        ("from 0.7rightarrow0.9", "from 0.7→0.9"),
    ],
)
def test_lost_backslashes_are_understood(source: str, shown: str) -> None:
    assert readable(source) == shown


@pytest.mark.parametrize(
    "text",
    [
        "We ran it three times and 14 times. Many times more.",
        "sim2real and sim-to-real transfer, a similar simulation",
        "approx. 35 items in approximate order",
        "the set {a, b} is infinite",
        "run it with --verbose on snake_case_names",
        "alpha-beta pruning, beta testing, gamma rays",
        "it costs $5 and then $6 or $7,000",
        "it costs $5 + tax and then $6",
        "about ~5% and 5~10 items",
        "R^d and x_i as plain text",
        "see https://example.org/~vera/a--b_c for more",
        "<script>alert('x')</script> & friends",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert readable(text) == text


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Ratio~(FDR)", "Ratio (FDR)"),
        ("type~$n$", "type n"),
        ("Hamilton--Jacobi, pages 3--4", "Hamilton–Jacobi, pages 3–4"),
        ("words --- and more -- words", "words — and more – words"),
        ("a ``quoted'' word", "a “quoted” word"),
    ],
)
def test_typography_of_tex_becomes_that_of_print(source: str, shown: str) -> None:
    assert readable(source) == shown


def test_a_doubled_address_is_shown_once() -> None:
    assert readable("at https://x.org/a{https://x.org/a}.") == "at https://x.org/a."


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\url{http://x.org/a\_b}", "http://x.org/a_b"),
        (r"\href{https://x.org/a_b}{our page}", "our page (https://x.org/a_b)"),
        (r"\href{https://x.org}{https://x.org}", "https://x.org"),
    ],
)
def test_link_commands_show_their_address(source: str, shown: str) -> None:
    assert readable(source) == shown


def test_white_space_is_folded_and_control_characters_go() -> None:
    assert readable("  a\x00b\n\n c\u202e\td\x1b[0m ") == "ab c d[0m"


def test_segments_tell_prose_from_formulae() -> None:
    found = segments(r"Where $x^2$ costs $5 and $6, \(y\) or $$\int f$$ ends \[z\]")
    assert found == [
        ("text", "Where "),
        ("math", "x^2"),
        ("text", " costs $5 and $6, "),
        ("math", "y"),
        ("text", " or "),
        ("display", r"\int f"),
        ("text", " ends "),
        ("display", "z"),
    ]


def test_formula_followed_by_a_digit_is_a_formula() -> None:
    assert segments(r"$\sim$10 units") == [("math", r"\sim"), ("text", "10 units")]


def test_escaped_dollars_and_open_formulae_are_prose() -> None:
    assert segments(r"pay \$5 or $x and \(y") == [("text", "pay $5 or $x and (y")]


def test_prose_segments_are_readable() -> None:
    assert segments(r"Fr\'echet  $x$") == [("text", "Fréchet "), ("math", "x")]


def test_empty_text_has_no_segments() -> None:
    assert segments("") == []
    assert readable("") == ""


@given(st.text(alphabet=st.sampled_from(list("ab1 \\{}$^_~-'`\"()[]%\n")), max_size=120))
def test_no_mixture_of_signs_raises(text: str) -> None:
    readable(text)
    segments(text)


@given(st.text(max_size=200))
def test_result_is_one_line_without_control_characters(text: str) -> None:
    shown = readable(text)
    assert shown == " ".join(shown.split())
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in shown)


@pytest.mark.parametrize(
    "part",
    [
        *("$", r"\(", "{", "}", r"\frac", r"\frac{", "^{", "http://", "$a ", r"\'", "1times 1 "),
        *(" {bf ", "mathcal{", r"\url{", "$x$", "a--", "times sim approx "),
    ],
)
def test_time_is_linear_whatever_the_signs(part: str) -> None:
    text = part * (300_000 // len(part))
    start = time.process_time()
    readable(text)
    segments(text)
    # Quadratic time would be minutes.
    assert time.process_time() - start < 6


def test_abstract_of_two_megabytes_is_shown() -> None:
    sentence = r"\sqrt{x} and $\hat{y}$ in three times. "
    count = 2_000_000 // len(sentence)
    assert readable(sentence * count) == " ".join(["√x and ŷ in three times."] * count)
