"""LaTeX in titles and abstracts, made readable: plain Unicode for lists, terminal and index.

It also cuts a text into prose and formulae for pages that show MathML; it makes no MathML itself.
Every function is total (no input raises) and takes time linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from broadsheet.latex_reader import UNSEEN, in_unicode, raised
from broadsheet.latex_symbols import BARE, SUPERSCRIPTS, SYMBOLS

Kind = Literal["text", "math", "display"]

_LONGEST_FORMULA = 2_000
_LONGEST_OPENING = 6_000
_CLOSING: dict[str, tuple[str, Kind]] = {
    "$$": ("$$", "display"),
    "\\[": ("\\]", "display"),
    "\\(": ("\\)", "math"),
}
_DELIMITER = re.compile(r"\\\\|\\\$|\$\$|\$|\\\(|\\\[")
_DOLLAR = re.compile(r"\\.|\$", re.DOTALL)
_MATH_SIGN = re.compile(r"[\\^_={}<>+]")
_LONG_WORD = re.compile(r"[A-Za-z]{3,}")
_BLANK_LINE = re.compile(r"\n\s*\n")

_DOUBLED_ADDRESS = re.compile(r"(https?://[^\s{}]{1,300}+)\{\1/?\}")
_ADDRESS = re.compile(r"(https?://\S+)")
_TIE = re.compile(r"(?<=\S)~(?!(?<=\d~)\d)")
_DASHES = re.compile(r"(?<![-\s])-{2,3}(?!-)|(?<=\s)-{2,3}(?=\s)")
_NUMBER_AFTER = r" ?(?=\d[\d.,]*[%KMB]?(?![\w-]))"
_BARE_FONT = re.compile(r"(?<![A-Za-z\\])(?:math(?:cal|bb|bf|rm)|text(?:it|bf))\{([^{}]*)\}")
_BARE_POWER = re.compile(r"(?<=[\w)])\^(\d{1,3}|circ)(?![\w.])")
_BARE_SWITCH = re.compile(r"\{(?:bf|em|it|rm|tt|sc|cal) ([^{}]*)\}")
_TIGHT_TIMES = re.compile(r"(?<=\d) ?× ?(?=\d)")


def readable(text: str) -> str:
    """The text as a person would write it in plain Unicode, on one line.

    Accents become letters, simple formulae become signs, mark-up goes, control characters go.
    """
    if _has_formula(text):
        parts = [_formula(part) if kind != "text" else _prose(part) for kind, part in _pieces(text)]
        joined = _on_one_line("".join(parts))
    else:
        joined = _on_one_line(_prose(text)) if text else text
    return _TIGHT_TIMES.sub("×", joined) if "×" in joined else joined


@lru_cache(maxsize=4096)
def opening(abstract: str) -> str:
    """The readable beginning of an abstract, for what does not need all of it; remembered."""
    return readable(abstract[:_LONGEST_OPENING])


def _on_one_line(text: str) -> str:
    plain = text.strip().replace("\n", " ")
    if plain.isprintable() and "  " not in plain:
        return plain
    return " ".join(text.split())


def segments(text: str) -> list[tuple[Kind, str]]:
    """The text in order as readable prose and TeX formulae without their delimiters.

    White space at the edges of prose is kept as one blank, so that the parts can be put side by
    side. Amounts of money ("$5 and $6") are prose.
    """
    found: list[tuple[Kind, str]] = []
    for kind, source in _pieces(text):
        part = _fold(_prose(source)) if kind == "text" else UNSEEN.sub("", source).strip()
        if part:
            found.append((kind, part))
    return found


def _fold(text: str) -> str:
    folded = " ".join(text.split())
    if not folded:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{folded}{' ' * text[-1].isspace()}"


def _has_formula(text: str) -> bool:
    return "$" in text or ("\\" in text and ("\\(" in text or "\\[" in text))


def _pieces(text: str) -> Iterator[tuple[Kind, str]]:
    """Raw prose and formulae in order; a delimiter that opens nothing stays prose."""
    if not _has_formula(text):
        yield "text", text
        return
    start = position = 0
    unclosed: dict[str, int] = {}
    while (opening := _DELIMITER.search(text, position)) is not None:
        found = _formula_at(text, opening, unclosed)
        if found is None:
            position = opening.end()
            continue
        kind, inner, position = found
        if opening.start() > start:
            yield "text", text[start : opening.start()]
        yield kind, inner
        start = position
    if start < len(text):
        yield "text", text[start:]


def _formula_at(
    text: str, opening: re.Match[str], unclosed: dict[str, int]
) -> tuple[Kind, str, int] | None:
    """The formula that a delimiter opens: kind, source and end; None where it opens none.

    `unclosed` remembers per delimiter how far no closing one stands, so that no stretch of the
    text is searched twice.
    """
    sign, start = opening.group(), opening.end()
    if sign in _CLOSING:
        closing, kind = _CLOSING[sign]
        limit = start + _LONGEST_FORMULA
        end = text.find(closing, max(start, unclosed.get(sign, 0) - 1), limit)
        if end < 0:
            unclosed[sign] = limit
        return (kind, text[start:end], end + len(closing)) if end > start else None
    if sign != "$":
        return None
    for dollar in _DOLLAR.finditer(text, start, start + _LONGEST_FORMULA):
        if dollar.group() == "$":
            inner = text[start : dollar.start()]
            following = text[dollar.end() : dollar.end() + 1]
            return ("math", inner, dollar.end()) if _is_formula(inner, following) else None
    return None


def _is_formula(inner: str, following: str) -> bool:
    """Whether the text between two dollar signs is a formula and not prose between two prices."""
    if not inner.strip() or _BLANK_LINE.search(inner) or "\\(" in inner:
        return False
    has_sign = _MATH_SIGN.search(inner) is not None
    if (inner[0].isspace() or inner[-1].isspace()) and not has_sign:
        return False
    if inner[0].isdigit() and (following.isdigit() or inner[-1].isspace()):
        return False
    return has_sign or len(_LONG_WORD.findall(inner)) < 2  # noqa: PLR2004


def _formula(source: str) -> str:
    return in_unicode(source, is_math=True)


def _prose(text: str) -> str:
    """Readable text of a piece that holds no delimited formula; white space is left as it is."""
    if not text.isprintable():
        text = UNSEEN.sub("", text)
    if "{" in text:
        text = _DOUBLED_ADDRESS.sub(r"\1", text)
        text = _BARE_SWITCH.sub(r"\1", text)
    text = _restore_lost_commands(text)
    if "\\" in text or "{" in text:
        text = in_unicode(text, is_math=False)
    if "~" in text or "--" in text or "``" in text or "''" in text:
        parts = _ADDRESS.split(text)
        parts[::2] = map(_typography, parts[::2])
        text = "".join(parts)
    return text


def _typography(text: str) -> str:
    text = _TIE.sub(" ", text)
    text = _DASHES.sub(lambda found: "–" if len(found.group()) == 2 else "—", text)  # noqa: PLR2004
    return text.replace("``", "“").replace("''", "”")


def _restore_lost_commands(text: str) -> str:
    """Signs for command names whose backslash a web page has swallowed (`1times 1`, `kgeq 1`).

    Only names that are no English words, or stand where no word can stand, are touched.
    """
    for hint, lost in _LOST_BY_HINT:
        if hint in text:
            for pattern, sign in lost:
                text = pattern.sub(sign, text)
    if "{" in text:
        text = _BARE_FONT.sub(r"\1", text)
    return _BARE_POWER.sub(_power, text) if "^" in text else text


def _power(found: re.Match[str]) -> str:
    return "°" if found[1] == "circ" else raised(found[1], SUPERSCRIPTS) or found[0]


def _lost_commands() -> Iterator[tuple[str, re.Pattern[str], str]]:
    """Name, pattern and sign. Each pattern starts with the name, which makes the search fast."""
    for name in ("geq", "leq", "neq"):
        glued = rf"{name}(?<=[^A-Za-z][A-Za-z\d]{name})(?=[\s\d])"
        yield name, re.compile(glued), f" {SYMBOLS[name]}"
    for name in ("sim", "approx", "pm"):
        yield name, re.compile(rf"{name}(?<![A-Za-z-]{name})(?={_NUMBER_AFTER})"), SYMBOLS[name]
    yield "times", re.compile(r"times(?<=\dtimes)(?![A-Za-z])(?: (?=\d))?"), "×"
    for name, sign in BARE.items():
        yield name, re.compile(rf"{name}(?<![A-Za-z\\]{name})(?![A-Za-z])"), sign


def _by_hint() -> Iterator[tuple[str, tuple[tuple[re.Pattern[str], str], ...]]]:
    """The lost commands under a part that several of their names share, to look for that alone."""
    rest = list(_lost_commands())
    for hint in ("arrow", "cdot", "angle", "times"):
        yield hint, tuple((pattern, sign) for name, pattern, sign in rest if hint in name)
        rest = [each for each in rest if hint not in each[0]]
    for name, pattern, sign in rest:
        yield name, ((pattern, sign),)


_LOST_BY_HINT = tuple(_by_hint())
