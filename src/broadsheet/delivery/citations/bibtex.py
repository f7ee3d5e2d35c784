"""How to cite a paper: BibTeX in the form arXiv gives it."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from broadsheet.delivery.addresses import is_web_address
from broadsheet.domain import LinkKind
from broadsheet.identifiers import normalise_words
from broadsheet.latex import readable, segments

if TYPE_CHECKING:
    from broadsheet.domain import Paper

_SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
    "{": r"\textbraceleft{}", "}": r"\textbraceright{}",  # BibTeX counts \{ as a brace
    **{character: "\\" + character for character in "&%$#_"},
}  # fmt: skip
_STOP_WORDS = frozenset(
    "a an and are as at by for from in into is it its of on or that the to via with".split()  # noqa: SIM905 - quoted one by one they read worse
)
_KEY_WORDS = 4
_LONG_WORD = 4
_WORD = re.compile(r"(\W*)(.*?)(\W*)", re.DOTALL)  # matches any text


def bibtex(paper: Paper, key: str = "") -> str:
    """One BibTeX entry, UTF-8, ending in a line break; `key` stands in for the usual one."""
    fields = {name: value for name, value in _fields(paper).items() if value}
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key or citation_key(paper)},\n{lines}\n}}\n"


def citation_key(paper: Paper) -> str:
    """Surname, year and the first title words that are no stop words, in a-z and 0-9."""
    surname = normalise_words(_surname(paper.authors[0])) if paper.authors else ["anonymous"]
    words = [word for word in normalise_words(paper.title) if word not in _STOP_WORDS]
    return "".join([*surname, str(publication_day(paper).year), *words[:_KEY_WORDS]])


def publication_day(paper: Paper) -> date:
    """The day a paper became known: submitted, else announced, else listed."""
    if paper.submitted_at:
        return paper.submitted_at.date()
    return paper.announced_on or paper.listed_on


def _fields(paper: Paper) -> dict[str, str]:
    arxiv_id = paper.arxiv_id or ""
    return {
        "title": _title(paper.title),
        "author": " and ".join(map(_author, paper.authors)),
        "year": str(publication_day(paper).year),
        "eprint": arxiv_id,
        "archivePrefix": "arXiv" if arxiv_id else "",
        "primaryClass": (paper.primary_category or "") if arxiv_id else "",
        "doi": _in_braces_only(paper.doi or ""),
        "url": _in_braces_only(public_address(paper)),
        "note": _escaped(readable(paper.journal_ref or "")),
    }


def public_address(paper: Paper) -> str:
    """Where the paper lives outside: arXiv, its own page, or its DOI; empty where none is known."""
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    page = paper.link(LinkKind.ABSTRACT) or ""
    if is_web_address(page):
        return page
    return f"https://doi.org/{paper.doi}" if paper.doi else ""


def _in_braces_only(text: str) -> str:
    """An address or DOI stays as it is, but braces and blanks would break the entry."""
    return re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", text)


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)


def _author(name: str) -> str:
    """A name; one that holds the word `and`, such as a group's, is kept whole by braces."""
    escaped = _escaped(readable(name))
    return f"{{{escaped}}}" if re.search(r"\band\b", escaped, re.IGNORECASE) else escaped


def _surname(name: str) -> str:
    family, comma, _ = name.partition(",")
    return family if comma else (name.split() or [name])[-1]


def _title(title: str) -> str:
    is_sentence_case = _is_sentence_case(readable(title))
    parts: list[str] = []
    for kind, text in segments(title):
        if kind == "text":
            parts.append(_protected(text, is_sentence_case=is_sentence_case, is_first=not parts))
        else:
            parts.append(f"${text}$" if _is_balanced(text) else _escaped(text))
    return "".join(parts)


def _protected(text: str, *, is_sentence_case: bool, is_first: bool) -> str:
    """Words whose capitals a bibliography style must not lower, in braces."""
    words = re.split(r"(\s+)", text)
    for number, word in enumerate(words):
        head, core, tail = _WORD.fullmatch(word).groups()  # type: ignore[union-attr]
        is_name = is_sentence_case and core[:1].isupper() and not (is_first and number == 0)
        has_capital = is_name or any(letter.isupper() for letter in core[1:])
        inner = f"{{{_escaped(core)}}}" if has_capital else _escaped(core)
        words[number] = _escaped(head) + inner + _escaped(tail)
    return "".join(words)


def _is_sentence_case(title: str) -> bool:
    """Whether most longer words are in lower case, so that a capital means a name."""
    longer = [word for word in title.split()[1:] if len(word) >= _LONG_WORD and word[0].isalpha()]
    return sum(word[0].isupper() for word in longer) * 2 < len(longer)


def _is_balanced(tex: str) -> bool:
    r"""Whether a formula may stand as it is: for TeX, and for BibTeX, which counts `\{` too."""
    bare = re.sub(r"\\.", "", tex)
    return "$" not in bare and _are_paired(bare) and _are_paired(tex)


def _are_paired(tex: str) -> bool:
    depth = 0
    for brace in re.findall(r"[{}]", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
