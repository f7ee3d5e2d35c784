"""The analysers: how texts and queries become the words that are looked up.

Both are Lance's; what they leave out is said here, in full, because Lance's own list of English
stop words differs between its versions. A word that one of them left out of the index and another
looked up would never be found.
"""

from __future__ import annotations

from typing import Any

from broadsheet.index.words import Column

_STOP_WORDS = (
    "a about above after again against all am an and any are as at be because been before being "
    "below between both but by can did do doing during each few for from further had has have "
    "having he her here hers herself him himself his how i if in into is it its itself just me "
    "more most my myself now of off on once only or other our ours ourselves out over own s same "
    "she should so some such than that the their theirs them themselves then there these they "
    "this those through to too under until up very was we were what when where which while "
    "whom why will with you your yours yourself yourselves"
)
_THEIR_STEMS = "abov ani becaus befor dure onc onli ourselv themselv veri whi yourselv"
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that say nothing of a subject, and the end of `alzheimer's`.

Words that deny (no, not, nor) are none: `no free lunch`. Nor are those that are short for something
or part of its name: WHO, T cells, Down syndrome, and `does`, whose stem is that of DOE.
"""

_ENGLISH: dict[str, Any] = {
    "stem": True,
    "remove_stop_words": True,
    "custom_stop_words": sorted({*STOP_WORDS, *_THEIR_STEMS.split()}),  # compared after stemming
    "ascii_folding": True,
}
_NAMES: dict[str, Any] = {"stem": False, "remove_stop_words": False, "ascii_folding": True}


def analyser(column: str) -> dict[str, Any]:
    """Lance's options for the words of a column: names are taken as they are."""
    return _NAMES if column in {Column.AUTHORS, Column.REPORT_NUMBER} else _ENGLISH


def analysed(text: str, column: str) -> list[str]:
    """The words of a text that the index of a column looks up, in their order."""
    import lance

    return [token.text for token in lance.tokenize(text, **analyser(column))]
