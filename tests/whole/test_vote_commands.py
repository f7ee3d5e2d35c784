"""Votes and one's own library in the terminal."""

from __future__ import annotations

import json

from programs import Run


def test_a_person_votes_marks_and_finds_again_in_the_terminal(run: Run) -> None:
    run("sample", "load")
    paper = "1706.03762"
    voted = json.loads(run("vote", paper, "--json").stdout)
    assert (voted["is_on"], voted["people_votes"]) == (True, 1)
    assert "does not" not in run("vote", paper).stdout
    run("mark", paper, "--saved", "--note", "looms of the north")
    [found] = json.loads(run("library", "noted", "--words", "looms", "--json").stdout)
    assert (found["id"], found["mark"]["note"]) == (paper, "looms of the north")
    assert "do not vote" in run("vote", paper, "--withdraw").stdout
    assert "Every counter" in run("people", "recount").stderr
    assert "no paper" in run("vote", "2699.99999", code=1).stderr
