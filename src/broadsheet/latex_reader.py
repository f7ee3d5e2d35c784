"""TeX source written as plain Unicode, in one pass over its tokens. No prose typography here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from broadsheet.latex_symbols import (
    ABBREVIATIONS,
    ACCENTS,
    DOUBLE_STRUCK,
    FUNCTIONS,
    SILENT,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    SYMBOLS,
    WRAPPERS,
)

# C0 and C1 controls, and the marks that turn the direction of the text after them.
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")

_DEEPEST_GROUP = 40
_MOST_TOKENS = 100_000
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_]|[^\\{}^_]+|\\", re.DOTALL)


def in_unicode(source: str, *, is_math: bool) -> str:
    """TeX source in Unicode; a text of more commands than any abstract has stays as it is."""
    tokens = _TOKEN.findall(source)
    return source if len(tokens) > _MOST_TOKENS else _Reader(tokens, is_math=is_math).read()


def raised(text: str, letters: dict[str, str]) -> str | None:
    """The text in small letters above or below the line; None where Unicode lacks one of them."""
    small = [letters.get(character) for character in text]
    return "".join(filter(None, small)) if text and all(small) else None


class _Reader:
    """One pass over the tokens of TeX source that writes Unicode; groups nest to a fixed depth."""

    def __init__(self, tokens: list[str], *, is_math: bool) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._is_math = is_math

    def read(self) -> str:
        return "".join(iter(self._group_part, None))

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _group_part(self) -> str | None:
        """The next piece rendered with its arguments; None at the end of the source."""
        piece = self._peek()
        if not piece:
            return None
        self._next += 1
        if piece == "{":
            return self._free_group()
        if piece in "^_":
            return self._script(piece)
        if piece[0] == "\\":
            return self._command(piece[1:])
        if piece == "}":
            return "" if self._is_math else piece
        return piece.replace("~", " ") if self._is_math else piece

    def _free_group(self) -> str:
        """A group that is no argument: prose keeps the braces of a set such as {a, b}."""
        is_mark_up = self._is_math or self._peek()[:1] in ("\\", "}", "{")
        inner, is_closed = self._rest_of_group()
        if is_mark_up or (is_closed and inner.isalnum()):
            return inner
        return "{" + inner + ("}" if is_closed else "")

    def _rest_of_group(self) -> tuple[str, bool]:
        if self._depth >= _DEEPEST_GROUP:
            return "", False
        self._depth += 1
        parts: list[str] = []
        is_closed = False
        while piece := self._peek():
            if piece == "}":
                self._next += 1
                is_closed = True
                break
            parts.append(self._group_part() or "")
        self._depth -= 1
        return "".join(parts), is_closed

    def _argument(self) -> str:
        """The next group, or the next single character or command, rendered."""
        self._skip_space()
        piece = self._peek()
        if piece == "{":
            self._next += 1
            return self._rest_of_group()[0]
        if piece and piece[0] not in "\\}^_":
            self._tokens[self._next] = piece[1:]
            self._next += not piece[1:]
            return piece[0]
        if piece in ("", "}") or self._depth >= _DEEPEST_GROUP:
            return ""
        self._depth += 1
        rendered = self._group_part() or ""
        self._depth -= 1
        return rendered

    def _skip_space(self) -> None:
        piece = self._peek()
        if piece.isspace():
            self._next += 1
        elif piece[:1].isspace():
            self._tokens[self._next] = piece.lstrip()

    def _raw_argument(self) -> str:
        """The source of the next group, for addresses and keys."""
        self._skip_space()
        if self._peek() != "{":
            return ""
        self._next += 1
        parts: list[str] = []
        depth = 1
        while piece := self._peek():
            self._next += 1
            depth += (piece == "{") - (piece == "}")
            if not depth:
                break
            parts.append(piece[1:] if piece[0] == "\\" and len(piece) == 2 else piece)  # noqa: PLR2004
        return "".join(parts)

    def _script(self, sign: str) -> str:
        if not self._is_math and self._peek() != "{":
            return sign
        inner = self._argument()
        if sign == "^" and inner in ("∘", "°"):
            return "°"
        small = raised(inner, SUPERSCRIPTS if sign == "^" else SUBSCRIPTS)
        return small or (sign + inner if len(inner) == 1 else f"{sign}({inner})")

    def _command(self, name: str) -> str:
        name = name.removesuffix("*") if len(name) > 1 else name
        if name in ACCENTS and (len(name) > 1 or self._takes_accent(name)):
            return self._accented(ACCENTS[name])
        if name in WRAPPERS:
            return self._wrapped(name)
        if name in SILENT:
            self._skip_space()
            return ""
        if name in _COMMANDS:
            return _COMMANDS[name](self)
        if name in FUNCTIONS and (self._peek()[:1].isalnum() or self._peek()[:1] == "\\"):
            return f"{name} "
        return SYMBOLS.get(name) or ABBREVIATIONS.get(name, name if name != "\n" else " ")

    def _takes_accent(self, name: str) -> bool:
        r"""Whether a one-sign command is an accent here: `\'e`, `\\c{c}`, `\\v s`."""
        following = self._peek()[:2]
        if name.isalpha():
            return following[:1] == "{" or (following[:1] == " " and following[1:].isalpha())
        return following[:1].isalpha() or following[:1] in ("{", "\\")

    def _accented(self, mark: str) -> str:
        base = {"ı": "i", "ȷ": "j"}.get(letter := self._argument(), letter)
        return unicodedata.normalize("NFC", base[:1] + mark) + base[1:] if base else ""

    def _wrapped(self, name: str) -> str:
        inner = self._argument()
        return DOUBLE_STRUCK.get(inner, inner) if name in ("mathbb", "Bbb") else inner

    def fraction(self) -> str:
        return f"{_bracketed(self._argument())}/{_bracketed(self._argument())}"

    def root(self) -> str:
        return f"√{_bracketed(self._argument())}"

    def link(self) -> str:
        address, label = self._raw_argument(), self._argument().strip()
        return (
            address if not label or "http" in label or label == address else f"{label} ({address})"
        )

    def second(self) -> str:
        self._argument()
        return self._argument()

    def character(self) -> str:
        code = re.fullmatch(r"x([0-9a-fA-F]{2,5})", self._raw_argument())
        return UNSEEN.sub("", chr(int(code[1], 16))) if code else ""

    def raised(self, sign: str) -> str:
        inner = self._argument()
        return raised(inner, SUPERSCRIPTS if sign == "^" else SUBSCRIPTS) or inner

    def raw(self) -> str:
        return self._raw_argument()

    def around(self, before: str, after: str) -> str:
        return f"{before}{self._argument()}{after}"


def _bracketed(text: str) -> str:
    return text if len(text) == 1 or text.isalnum() else f"({text})"


def _dropped(reader: _Reader) -> str:
    reader.raw()
    return ""


_COMMANDS: dict[str, Callable[[_Reader], str]] = {
    **dict.fromkeys(("frac", "tfrac", "dfrac", "nicefrac"), _Reader.fraction),
    **dict.fromkeys(("textcolor", "overset", "underset", "stackrel"), _Reader.second),
    **dict.fromkeys(("cite", "citep", "citet", "ref", "eqref", "label", "color"), _dropped),
    **dict.fromkeys(("begin", "end"), lambda reader: _dropped(reader) + " "),
    "sqrt": _Reader.root,
    "href": _Reader.link,
    "url": _Reader.raw,
    "unicode": _Reader.character,
    "footnote": lambda reader: reader.around(" (", ")"),
    "pmod": lambda reader: reader.around("(mod ", ")"),
    "ket": lambda reader: reader.around("|", "⟩"),
    "bra": lambda reader: reader.around("⟨", "|"),
    "textsuperscript": lambda reader: reader.raised("^"),
    "textsubscript": lambda reader: reader.raised("_"),
}
