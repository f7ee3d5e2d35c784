"""Whether two words are forms of one, as a reader sees it: for highlighting and explaining.

The index has a stemmer of its own; this one is stricter and only shows what that has found.
"""

from __future__ import annotations

from functools import lru_cache

SHORTEST_STEM = 4
_ENDINGS = ("s", "es", "d", "ed", "ing", "er", "ers", "ion", "ions", "ly", "al")


def is_form_of(word: str, other: str) -> bool:
    """Whether two lower-case words differ by a common English ending at most."""
    return word == other or not forms_of(word).isdisjoint(forms_of(other))


@lru_cache(maxsize=65536)
def forms_of(word: str) -> frozenset[str]:
    """The word, and the word without each ending that it has, if enough of it is left.

    Of short words only the plural is a form: `gans` of `gan`, but not `used` of `us`.
    """
    least = SHORTEST_STEM
    stems = {word[: -len(end)] for end in _ENDINGS if word.endswith(end)}
    forms = {stem for stem in stems if len(stem) >= least}
    if len(word) == least and word.endswith("s") and not word.endswith("ss"):
        forms.add(word[:-1])
    return frozenset((word, *forms))
