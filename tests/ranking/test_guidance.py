"""What helps a reader on from a search: facets, spelling, other names, people, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from shelves import CODE, Shelf, open_shelf, record

from broadsheet.domain import Guidance, Listing, ListingKind, Page, Sort
from broadsheet.errors import InputError, QueryError
from broadsheet.index.encoder import StaticEncoder
from broadsheet.ranking.query import parse
from broadsheet.ranking.refining import filters_of
from broadsheet.ranking.search import word_query
from broadsheet.ranking.spelling import distance

EXPLAINED = "The rotating oven system (ROS) turns sourdough loaves. It saves heat."
LOAVES = tuple(
    record(
        number,
        f"Sourdough fermentation in small ovens, part {number}",
        EXPLAINED,
        authors=("Ada Lin", "Bo Chen") if number < 4 else ("Cy Roe",),
        categories=("cs.LG", "stat.ML") if number % 2 else ("hep-th",),
        listed_on=date(2025 + number % 2, 3, number),
        source="arxiv_oai" if number < 3 else "hf_daily",
        links=CODE if number == 1 else (),
    )
    for number in range(1, 8)
)
OTHERS = (
    record(20, "Turning bread with ROS", "Heat is kept. The crust of a sourdough is crisp."),
    record(21, "Ice on lakes", "Lakes freeze from the shore. Skaters wait."),
    record(22, r"G\"odel's $\alpha$-numbers", "On numbering statements."),
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Iterator[Shelf]:
    made = open_shelf(tmp_path_factory.mktemp("loaves"), encoder).put((*LOAVES, *OTHERS))
    yield made
    made.store.close()


def asked(shelf: Shelf, query: str, **fields: object) -> Page:
    listing = Listing(ListingKind.SEARCH, query=query, is_guided=True, **fields)  # type: ignore[arg-type]
    return shelf.ranking.page(listing)


def guided(shelf: Shelf, query: str, **fields: object) -> Guidance:
    guidance = asked(shelf, query, **fields).guidance
    assert guidance is not None
    return guidance


def counts(guidance: Guidance, facet: str) -> dict[str, int | None]:
    found = next(each for each in guidance.facets if each.name == facet)
    return {choice.text: choice.count for choice in found.choices}


def test_facets_count_what_their_choices_find(shelf: Shelf) -> None:
    guidance = guided(shelf, "fermentation")
    assert counts(guidance, "year") == {"2026": 4, "2025": 3}
    assert counts(guidance, "category") == {"cs.LG": 4, "stat.ML": 4, "hep-th": 3}
    assert counts(guidance, "source") == {"hf_daily": 5, "arxiv": 2}
    assert counts(guidance, "code") == {"has code": 1}
    for facet in guidance.facets:
        for choice in facet.choices:
            assert asked(shelf, choice.query).total == choice.count, choice


def test_a_listing_that_is_not_guided_has_no_guidance(shelf: Shelf) -> None:
    assert shelf.ranking.page(Listing(ListingKind.SEARCH, query="ovens")).guidance is None


def test_conditions_of_a_query_can_be_taken_away_one_by_one() -> None:
    query = parse("ovens after:2025 before:2026 cat:cs.LG -source:arxiv")
    assert [(each.text, each.query) for each in filters_of(query)] == [
        ("2025", "ovens cat:cs.LG -source:arxiv"),
        ("cs.LG", "ovens after:2025 before:2026 -source:arxiv"),
        ("not arxiv", "ovens after:2025 before:2026 cat:cs.LG"),
    ]


def test_papers_are_filtered_by_source_and_by_its_family(shelf: Shelf) -> None:
    assert asked(shelf, "source:arxiv").total == asked(shelf, "source:arxiv_oai").total == 2
    assert asked(shelf, "-source:arxiv").total == 8


def test_an_unknown_source_is_said(shelf: Shelf) -> None:
    assert "“nowhere”" in asked(shelf, "ovens source:nowhere").notes[0]


def test_a_misspelled_word_is_suggested_and_what_was_typed_is_still_searched(shelf: Shelf) -> None:
    page = asked(shelf, 'fermentaton "sourdough" ovens -lakes')
    assert page.guidance is not None
    assert page.guidance.did_you_mean == 'fermentation "sourdough" ovens -lakes'
    assert not page.guidance.corrected_from
    assert page.listing.query.startswith("fermentaton")


def test_a_query_that_finds_nothing_is_answered_with_the_corrected_one(shelf: Shelf) -> None:
    page = asked(shelf, "fermentatoin")
    assert page.total == 7
    assert page.listing.query == "fermentation"
    assert page.guidance is not None
    assert page.guidance.corrected_from == "fermentatoin"
    assert asked(shelf, "fermentatoin", is_verbatim=True).total == 0


@pytest.mark.parametrize("query", ["fermentations", "ovens", "ROS", "Lin", "xyzzyxyzzy"])
def test_words_that_are_known_or_like_nothing_are_not_questioned(shelf: Shelf, query: str) -> None:
    assert not guided(shelf, query).did_you_mean


def test_a_swap_of_letters_is_one_edit() -> None:
    assert [distance("oven", other, 2) for other in ("oevn", "ovens", "even", "mean")] == [
        1, 1, 1, 3,
    ]  # fmt: skip


def test_an_acronym_brings_its_long_form_unless_forbidden(shelf: Shelf) -> None:
    page = asked(shelf, "ROS")
    assert page.total == 8
    assert page.guidance is not None
    assert page.guidance.also_searched == ("rotating oven system",)
    assert page.hits[0].terms == ("ros", "rotating", "oven", "system")
    assert guided(shelf, "ROS", is_verbatim=True).also_searched == ()
    assert guided(shelf, "ROS", sort=Sort.DATE).also_searched == ()


def test_a_word_in_double_s_is_no_plural_of_an_acronym(shelf: Shelf) -> None:
    assert guided(shelf, "ROSs").also_searched == ("rotating oven system",)
    assert guided(shelf, "ross").also_searched == ()


def test_a_long_form_brings_its_acronym(shelf: Shelf) -> None:
    page = asked(shelf, "rotating-oven systems")
    assert page.guidance is not None
    assert page.guidance.also_searched == ("ROS",)
    assert "2608.00020" in {hit.paper.key for hit in page.hits}


def test_questions_are_looked_up_by_their_telling_words() -> None:
    asked = word_query(parse("How do large ovens learn from the bakers?"))
    assert asked.words == "large ovens learn bakers?"
    assert word_query(parse("attention is all you need")).words == "attention is all you need"


def test_the_name_of_an_author_leads_to_their_papers(shelf: Shelf) -> None:
    author = guided(shelf, "ada lin").author
    assert author is not None
    assert (author.text, author.query, author.count) == ("Ada Lin", 'author:"Ada Lin"', 6)
    assert guided(shelf, "ada oven").author is None


def test_a_hit_says_its_words_and_its_nearest_sentence(shelf: Shelf) -> None:
    page = asked(shelf, "crisp crusts", is_verbatim=True)
    reasons = {reason.signal: reason.text for reason in page.hits[0].reasons}
    assert reasons["words"] == "Words: crisp, crusts in abstract."
    assert reasons["sentence"] == "Nearest sentence: “The crust of a sourdough is crisp.”"
    assert "static-1" in reasons["meaning"]


def test_related_searches_say_more_than_the_query(shelf: Shelf) -> None:
    related = [choice.text for choice in guided(shelf, "sourdough").related]
    assert "sourdough fermentation" in related
    assert "sourdough" not in related


@pytest.mark.parametrize("title", [r"G\"odel's $\alpha$-numbers", "Gödel's α-numbers"])
def test_a_whole_title_stands_first_with_tex_or_without(shelf: Shelf, title: str) -> None:
    assert asked(shelf, title).hits[0].paper.key == "2608.00022"


def test_tex_in_a_query_is_read(shelf: Shelf) -> None:
    assert parse(r"Schr\"odinger $\alpha$").words == "Schrödinger α"
    assert parse(r'"G\"odel numbers" ovens').words == "ovens"


@pytest.mark.parametrize("query", ["???", "\x01\x02", "$$ \\\\"])
def test_a_query_without_a_letter_finds_nothing_and_says_so(shelf: Shelf, query: str) -> None:
    page = asked(shelf, query)
    assert page.total == 0
    assert "no letter or digit" in page.notes[0]


def test_too_many_conditions_are_refused() -> None:
    with pytest.raises(QueryError, match="60 phrases"):
        parse('"a b" ' * 100)


def test_similar_papers_lead_from_several_and_away_from_others(shelf: Shelf) -> None:
    listing = Listing(
        ListingKind.SIMILAR, seeds=("2608.00001", "2608.00002"), unlike=("2608.00020",)
    )
    keys = [hit.paper.key for hit in shelf.ranking.page(listing).hits]
    assert keys
    assert not {"2608.00001", "2608.00002", "2608.00020"}.intersection(keys)


def test_hundreds_of_seeds_are_refused(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="at most 50"):
        shelf.ranking.page(Listing(ListingKind.SIMILAR, seeds=("2608.00001",) * 300))
