"""Names of papers: arXiv ids, DOIs, and the content key of a paper that has neither.

Pure functions on text; deciding whether two records are one paper is the store's work.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_ARXIV_NEW = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,6}"
_ARXIV_OLD = r"[a-z]+(?:-[a-z]+)*(?:\.[A-Z]{2})?/\d{7}"
_ARXIV = re.compile(
    rf"(?:^|arxiv[.:]|/(?:abs|pdf|html|papers)/)\s*({_ARXIV_NEW}|{_ARXIV_OLD})"
    r"(?:v([1-9][0-9]{0,3}))?(?:\.pdf)?/?(?:[?#].*)?$",
    re.IGNORECASE,
)
_PLAIN_ARXIV = re.compile(_ARXIV_NEW)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(.+)$", re.IGNORECASE)

_ACCENT = re.compile(r"""\\["'`^~=.uvHcdbkr](?![a-zA-Z])\s*\{?\s*\\?([a-zA-Z])\s*\}?""")
_ACCENT_LETTER = re.compile(r"\\[uvHcdbkr](?:\s+|\s*\{\s*\\?)([a-zA-Z])\s*\}?")
_FORMATTING = re.compile(
    r"\\(?:text[a-z]*|math[a-z]+|emph|operatorname|ensuremath|mbox|left|right|rm|bf|it|em|sc|tt|cal)"
    r"(?![a-zA-Z])"
)
_WORD = re.compile(r"[a-z0-9]+")
_MATH_COMMAND = re.compile(r"\\([a-zA-Z]+)")


def parse_arxiv_id(text: str) -> tuple[str, int | None] | None:
    """The arXiv id and version in an id, an `arXiv:` name, an address or an arXiv DOI.

    The version is None where none is named; the result is None where the text is no arXiv id.
    """
    text = text.strip()
    if _PLAIN_ARXIV.fullmatch(text):  # nearly always, and fifty times as fast
        return text, None
    doi = _ARXIV_DOI.match(text)
    found = _ARXIV.search(doi.group(1) if doi else text)
    if found is None:
        return None
    return _canonical_arxiv_id(found.group(1)), int(found.group(2)) if found.group(2) else None


def _canonical_arxiv_id(arxiv_id: str) -> str:
    archive, slash, number = arxiv_id.partition("/")
    if not slash:
        return arxiv_id
    archive, dot, subject = archive.partition(".")
    return f"{archive.lower()}{dot}{subject.upper()}/{number}"


def normalise_doi(text: str | None) -> str | None:
    """The DOI in a text, lower-cased and without resolver address; None where there is none."""
    found = _DOI.search(text or "")
    return found.group(0).rstrip(".,;)").lower() if found else None


def arxiv_id_of_doi(doi: str | None) -> str | None:
    """The arXiv id behind one of arXiv's own DOIs (10.48550/arXiv.ID), else None."""
    found = _ARXIV_DOI.match(doi or "")
    parsed = parse_arxiv_id(found.group(1)) if found else None
    return parsed[0] if parsed else None


def normalise_words(text: str) -> list[str]:
    r"""Words of a title or abstract with accents, TeX mark-up, case and punctuation removed.

    `Fr\'echet` gives `frechet`; `$1\times 1$`, `1times 1` and `1\times1` come out alike once
    the words are joined.
    """
    if "\\" in text:
        text = _ACCENT.sub(r"\1", text)
        text = _ACCENT_LETTER.sub(r"\1", text)
        text = _FORMATTING.sub(" ", text)
        text = _MATH_COMMAND.sub(r"\1", text)
    if not text.isascii():
        text = _fold(text)
    return _WORD.findall(text.lower())


def _fold(text: str) -> str:
    """ASCII letters for accented ones; Greek letters by name; other scripts keep a code."""
    return "".join(map(_fold_character, unicodedata.normalize("NFKD", text)))


def _fold_character(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    if not character.isalnum():
        return _SYMBOLS.get(character, " ")
    name = unicodedata.name(character, "")
    if name.startswith("GREEK") and " LETTER " in name:
        return name.split(" LETTER ")[1].split(" ")[0].lower()
    return _LETTERS.get(character, f"u{ord(character):x}")


_LETTERS = {
    "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d",
    "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ı": "i", "þ": "th", "ð": "d",
}  # fmt: skip
_SYMBOLS = {
    "×": "times", "≤": "leq", "≥": "geq", "∞": "infty", "→": "to", "\u00ad": "", "\u200b": "",
}  # fmt: skip


def title_key(title: str) -> str:
    """A title as one run of letters and digits, so that spacing and mark-up do not matter."""
    return "".join(normalise_words(title))


def content_key(title: str, abstract: str) -> str:
    """The public key of a paper that has neither arXiv id nor DOI: `~` and twelve hex digits."""
    text = title_key(title) + "\n" + "".join(normalise_words(abstract))
    return "~" + hashlib.sha256(text.encode()).hexdigest()[:12]


def abstract_similarity(first: str, second: str) -> float:
    """Jaccard similarity of the two texts' word pairs, 0 to 1; 0 where either has no words.

    Word pairs (w-shingling, Broder 1997, w = 2) tell an edited text from another text on the
    same matter, which shares words but few pairs.
    """
    one, two = _pairs(first), _pairs(second)
    return len(one & two) / len(one | two) if one and two else 0.0


def _pairs(text: str) -> set[tuple[str, str]]:
    words = normalise_words(text)
    return set(zip(words, words[1:] or words, strict=False))
