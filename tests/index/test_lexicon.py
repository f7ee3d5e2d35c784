"""What a library's own texts teach: its words, its acronyms, and which words are spelled alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.index.acronyms import AcronymCounts, explained
from broadsheet.index.lance import PaperIndex
from broadsheet.index.lexicon import learn
from feeds import Library, document

KNITTING = "We knit with a tension aware loom (TAL) in every sample."


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("We train a generative adversarial network (GAN) on loaves.", ("GAN",
         "generative adversarial network")),
        ("It uses low-rank adaptation (LoRA) of ovens.", ("LoRA", "low-rank adaptation")),
        ("With proximal policy optimization (PPO) agents bake.", ("PPO",
         "proximal policy optimization")),
        ("Flour counts (in grams) and dough rises (FAST), said nobody.", None),
        ("We saw rain. Large ovens (GAN) do not explain this.", None),
        ("As in chapter four (IV) of the book.", None),
    ],
)  # fmt: skip
def test_an_acronym_is_explained_by_the_words_before_it(
    text: str, pair: tuple[str, str] | None
) -> None:
    assert list(explained(text)) == ([pair] if pair else [])


def test_only_acronyms_that_several_papers_explain_alike_are_settled() -> None:
    counts = AcronymCounts()
    for text in (KNITTING, KNITTING, "Many tension aware looms (TALs) rust.", "One odd loom (OL)."):
        counts.add(text)
    assert [(each.short, each.long, each.papers) for each in counts.settled()] == [
        ("TAL", "tension aware loom", 3)
    ]


def test_words_within_two_edits_are_found() -> None:
    lexicon = learn(["a penguin colony\na penguin colony\non ice\nAda Lin"] * 6, 6)
    found = {
        word for typed in ("pengiun", "penguni", "pnegunn") for word, _ in lexicon.alike(typed)
    }
    assert "penguin" in found
    assert lexicon.count("colony") == 6
    assert not lexicon.alike("xylophone")


def test_a_lexicon_is_learned_with_the_index_and_again_when_the_library_has_grown(
    tmp_path: Path,
) -> None:
    library = Library().put(*(document(number, abstract=KNITTING) for number in range(1, 5)))
    index = PaperIndex(tmp_path / "index", None)
    index.sync(library.feed())
    assert index.snapshot().lexicon.by_short["tal"][0].papers == 4
    library.put(*(document(number, "Zeppelin yarns") for number in range(5, 7)))
    index.sync(library.feed())
    index.optimize()
    assert index.snapshot().lexicon.count("zeppelin") == 2
