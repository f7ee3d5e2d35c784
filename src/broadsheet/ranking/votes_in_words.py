"""A paper's votes as a reader is told of them: those of the sources and those of people here."""

from __future__ import annotations

from broadsheet.domain import Paper

_PLACES = {"hf_daily": "Hugging Face"}
"""Sources that count votes of their own, by the name that a reader knows them by."""


def voting_place(paper: Paper) -> str:
    """Where the votes were cast that are not ours."""
    named = [_PLACES[source] for source in paper.sources if source in _PLACES]
    return named[0] if len(named) == 1 else "the sources"


def votes_in_words(paper: Paper) -> str:
    """`12 votes at Hugging Face, 3 here`; one part alone where there is only one."""
    elsewhere = paper.votes - paper.people_votes
    if not paper.people_votes:
        return f"{counted(elsewhere, 'vote')} at {voting_place(paper)}" if elsewhere else "0 votes"
    if not elsewhere:
        return f"{counted(paper.people_votes, 'vote')} here"
    return f"{counted(elsewhere, 'vote')} at {voting_place(paper)}, {paper.people_votes:,} here"


def uncounted_in_words(paper: Paper) -> str:
    """What a reader must know of votes that do not order lists yet; empty where all do."""
    waiting = paper.people_votes - paper.counted_votes
    if not waiting:
        return ""
    verb = "does" if waiting == 1 else "do"
    return f"{waiting:,} of those here {verb} not count for the order yet"


def votes_and_comments_in_words(paper: Paper) -> str:
    """Why a paper stands where it does by votes, as a sentence that names both parts."""
    uncounted = uncounted_in_words(paper)
    if not (paper.people_votes or paper.people_comments):
        votes, comments = counted(paper.votes, "vote"), counted(paper.comments, "comment")
        return f"{votes} and {comments} at {voting_place(paper)}."
    parts = votes_in_words(paper), uncounted, counted(paper.comments, "comment")
    return f"{'; '.join(part for part in parts if part)}."


def whose_votes(paper: Paper) -> str:
    """The parts of a number of votes that was said before, as a sentence."""
    uncounted = uncounted_in_words(paper)
    return f"{votes_in_words(paper)}{f'; {uncounted}' if uncounted else ''}."


def counted(number: int, noun: str) -> str:
    """`1 vote`, `1,200 votes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
