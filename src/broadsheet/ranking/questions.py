"""Questions in plain English: which of their words only make them questions.

`how do language models learn from human feedback?` is looked up by its telling words; meanings are
compared by the whole sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

_OPENING_WORDS = (
    "how what which why who whom whose when where is are was were do does did can could should "
    "would will has have may might must find show list give tell explain"
)
_OTHER_WORDS = (
    "a about all an and any as at be been being best between by for from get good happen i if in "
    "into it its me most my of on or our paper papers please research so some than that the their "
    "them then there these they this those to up us use used using was way ways we with work works "
    "you your"
)
_OPENINGS = frozenset(_OPENING_WORDS.split())
_UNTELLING = _OPENINGS | frozenset(_OTHER_WORDS.split())
_SHORTEST = 3


def without_question_words(words: Sequence[str]) -> list[str]:
    """The words without those that carry no subject, where they are a question.

    A question opens with a word such as `how` and has more words than that, or ends with `?`. All
    words stay where none would be left.
    """
    if not _is_question(words):
        return list(words)
    telling = [word for word in words if word.strip("?!.,;:").lower() not in _UNTELLING]
    return telling or list(words)


def _is_question(words: Sequence[str]) -> bool:
    if len(words) < _SHORTEST:
        return False
    return words[-1].endswith("?") or words[0].lower() in _OPENINGS
