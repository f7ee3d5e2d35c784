"""Which records become one paper, what becomes of addresses, and how it is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from invented import (
    MILLS,
    MILLS_EDITED,
    MILLS_JOURNAL,
    TITLE,
    arxiv,
    facts,
    listing,
    published,
)

from broadsheet.domain import ImportCounts, LinkKind, Version
from broadsheet.errors import NotFound
from broadsheet.store import Store


def keys(store: Store) -> set[str]:
    return {paper.key for paper, _ in store.every_paper()}


def test_new_record_becomes_a_paper(store: Store, now: datetime) -> None:
    counts, rejects = store.ingest([arxiv()], now=now)
    assert (counts, rejects) == (ImportCounts(new=1), [])
    assert store.paper("2603.00001").title == TITLE


def test_same_record_again_changes_nothing(store: Store, now: datetime) -> None:
    store.ingest([arxiv(), listing("Another Title of Five Words", "")], now=now)
    before, revision = facts(store), store.revision()
    counts, _ = store.ingest(
        [arxiv(), listing("Another Title of Five Words", "")], now=now + timedelta(days=3)
    )
    assert counts == ImportCounts(unchanged=2)
    assert (facts(store), store.revision()) == (before, revision)


def test_listing_and_arxiv_record_are_one_paper(store: Store, now: datetime) -> None:
    store.ingest([listing()], now=now)
    old = store.paper(listing().record_id)
    counts, _ = store.ingest([arxiv(abstract=MILLS_EDITED)], now=now)
    assert counts == ImportCounts(merged=1)
    assert keys(store) == {"2603.00001"}
    assert store.paper(old.key).key == "2603.00001"
    assert store.paper(old.key).paper_id == old.paper_id
    assert store.paper(old.key).listed_on == date(2026, 3, 13)


def test_spelling_and_mark_up_of_a_title_do_not_matter(store: Store, now: datetime) -> None:
    store.ingest([listing(title=r"Fr\'echet Mills with $1 \times 1$ Wheels")], now=now)
    store.ingest([arxiv(title="Fréchet mills with 1times 1 wheels.")], now=now)
    assert keys(store) == {"2603.00001"}


def test_different_abstracts_under_one_title_are_two_related_papers(
    store: Store, now: datetime
) -> None:
    store.ingest([arxiv(), published(abstract=MILLS_JOURNAL)], now=now)
    conference, journal = store.paper("2603.00001"), store.paper("10.5555/mills.1")
    assert [found.key for found in store.related(conference.paper_id)] == [journal.key]
    assert [found.key for found in store.related(journal.paper_id)] == [conference.key]


def test_one_title_by_other_people_is_not_related(store: Store, now: datetime) -> None:
    other = published(abstract=MILLS_JOURNAL, authors=("Cy Stone",))
    store.ingest([arxiv(), other], now=now)
    assert store.related(store.paper("2603.00001").paper_id) == []


def test_two_arxiv_ids_never_merge(store: Store, now: datetime) -> None:
    store.ingest([arxiv("2603.00001"), arxiv("2603.00002")], now=now)
    assert keys(store) == {"2603.00001", "2603.00002"}
    first = store.paper("2603.00001")
    assert [found.key for found in store.related(first.paper_id)] == ["2603.00002"]


def test_record_that_fits_two_papers_joins_the_better_fit(store: Store, now: datetime) -> None:
    close, far = arxiv("2603.00002"), arxiv("2603.00001", abstract=MILLS_EDITED)
    store.ingest([far, listing()], now=now)
    assert store.paper(listing().record_id).key == "2603.00001"
    store.ingest([close], now=now)
    assert store.paper(listing().record_id).key == "2603.00002"
    assert store.paper("2603.00001").sources == ("corpus",)


def test_shared_doi_merges(store: Store, now: datetime) -> None:
    store.ingest([published(abstract="")], now=now)
    store.ingest([arxiv(title="Tidal Mills, Renamed", doi="10.5555/MILLS.1")], now=now)
    assert keys(store) == {"2603.00001"}
    assert store.paper("https://doi.org/10.5555/Mills.1").key == "2603.00001"


def test_record_with_two_ids_joins_two_papers(store: Store, now: datetime) -> None:
    store.ingest([published(title="Mills of Oak", abstract=""), arxiv()], now=now)
    gone = store.paper("10.5555/mills.1")
    revision = store.revision()
    both = arxiv(source="arxiv_atom", doi="10.5555/mills.1")
    counts, _ = store.ingest([both], now=now)
    assert counts == ImportCounts(merged=1)
    assert keys(store) == {"2603.00001"}
    assert store.paper("10.5555/mills.1").sources == ("arxiv_atom", "corpus", "journal")
    assert [number for number, _ in store.removals(revision)] == [gone.paper_id]


def test_arxivs_own_doi_is_the_arxiv_id(store: Store, now: datetime) -> None:
    store.ingest([published("10.48550/arXiv.2603.00001")], now=now)
    assert store.paper("2603.00001").arxiv_id == "2603.00001"
    assert store.paper("10.48550/arXiv.2603.00001v2").key == "2603.00001"


@pytest.mark.parametrize(
    "name", ["2603.00001v3", "arXiv:2603.00001", "https://arxiv.org/abs/2603.00001"]
)
def test_paper_is_found_by_every_spelling_of_its_id(store: Store, now: datetime, name: str) -> None:
    store.ingest([arxiv()], now=now)
    assert store.paper(name).key == "2603.00001"


def test_unknown_name_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no paper"):
        store.paper("2603.00009")


def test_empty_abstract_merges_by_a_common_author(store: Store, now: datetime) -> None:
    store.ingest([arxiv()], now=now)
    store.ingest([listing(abstract="", authors=("Wheel, A.",), listed_on=None)], now=now)
    assert keys(store) == {"2603.00001"}


def test_empty_abstract_merges_by_title_and_month(store: Store, now: datetime) -> None:
    store.ingest([arxiv(), listing(abstract="")], now=now)
    assert keys(store) == {"2603.00001"}


def test_empty_abstract_of_another_month_does_not_merge(store: Store, now: datetime) -> None:
    store.ingest([arxiv(), listing(abstract="", listed_on=date(2025, 1, 2))], now=now)
    assert len(keys(store)) == 2


def test_short_title_and_month_prove_nothing(store: Store, now: datetime) -> None:
    store.ingest([arxiv(title="Editorial"), listing("Editorial", "")], now=now)
    assert len(keys(store)) == 2


def test_title_with_a_word_inserted_is_related_and_not_merged(store: Store, now: datetime) -> None:
    longer = TITLE.replace("Keep", "Always Keep Good")
    store.ingest([listing(), listing(longer, MILLS_EDITED)], now=now)
    assert store.count() == 2
    one = store.paper(listing().record_id)
    assert [found.title for found in store.related(one.paper_id)] == [longer]


def test_near_title_of_unlike_abstract_and_unknown_authors_is_not_related(
    store: Store, now: datetime
) -> None:
    longer = TITLE.replace("Keep", "Always Keep Good")
    store.ingest([listing(), listing(longer, MILLS_JOURNAL)], now=now)
    assert store.related(store.paper(listing().record_id).paper_id) == []


def test_near_title_that_comes_later_is_related_to_the_earlier(store: Store, now: datetime) -> None:
    store.ingest([arxiv()], now=now)
    later = arxiv("2604.00001", title=TITLE.replace("Keep", "Always Keep"), abstract=MILLS_JOURNAL)
    store.ingest([later], now=now)
    one = store.paper("2603.00001")
    assert [found.key for found in store.related(one.paper_id)] == ["2604.00001"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            "FeatherGraph: Lighter Graph Layers for Choosing Books",
            "SuperGraph: Graph Layers for Choosing Books Faster",
        ),
        (
            "Attention for Counting Sheep in Whole Fields at Dusk",
            "Entropy for Counting Sheep in Whole Fields",
        ),
        ("Active Sheep Counting", "ProtoSheep: Unified Prototypes for Active Sheep Counting"),
    ],
)
def test_titles_that_only_look_alike_are_strangers(
    store: Store, now: datetime, one: str, two: str
) -> None:
    store.ingest([listing(one), listing(two)], now=now)
    assert store.count() == 2
    assert store.related(store.paper(listing(one).record_id).paper_id) == []


def test_arxiv_id_of_another_paper_is_rejected(store: Store, now: datetime) -> None:
    store.ingest([arxiv()], now=now)
    wrong = arxiv(title="Sheep on Glass", abstract=MILLS_JOURNAL, authors=("Cy Stone",))
    counts, rejects = store.ingest([wrong, arxiv("2603.00002")], now=now)
    assert counts == ImportCounts(new=1, rejected=1)
    assert rejects[0].position == "record 2603.00001"
    assert "another paper" in rejects[0].reason
    assert store.paper("2603.00001").title == TITLE


def test_new_title_and_abstract_by_the_same_people_is_a_new_state(
    store: Store, now: datetime
) -> None:
    store.ingest([arxiv()], now=now)
    counts, _ = store.ingest([arxiv(title="Sheep on Glass", abstract=MILLS_JOURNAL)], now=now)
    assert counts == ImportCounts(updated=1)
    assert store.paper("2603.00001").title == "Sheep on Glass"


def test_second_version_keeps_paper_and_history(store: Store, now: datetime) -> None:
    day = datetime(2026, 3, 10, tzinfo=UTC)
    first = arxiv(source="arxiv_atom", versions=(Version(1, day),), updated_at=day)
    second = replace(
        first,
        title="Tidal Mills, Second Version",
        versions=(Version(2, day + timedelta(days=9)),),
        updated_at=day + timedelta(days=9),
    )
    store.ingest([first], now=now)
    before = store.paper("2603.00001")
    store.ingest([second], now=now)
    after = store.paper("2603.00001")
    assert (after.paper_id, after.version, after.title) == (before.paper_id, 2, second.title)
    assert [version.number for version in after.versions] == [1, 2]
    assert store.ingest([first], now=now)[0] == ImportCounts(unchanged=1)
    assert store.paper("2603.00001") == after


def test_crowded_title_proves_nothing(store: Store, now: datetime) -> None:
    many = [arxiv(f"2603.{number:05}", title="A Word From the Editor") for number in range(60)]
    alone = listing("A Word From the Editor")
    store.ingest(many, now=now)
    store.ingest([alone], now=now)
    assert store.count() == 61
    assert store.related(store.paper(alone.record_id).paper_id) == []


def test_title_that_becomes_crowded_releases_what_it_joined(store: Store, now: datetime) -> None:
    title = "A Word From the Editor"
    store.ingest([arxiv("2603.00000", title=title), listing(title)], now=now)
    assert store.count() == 1
    many = [arxiv(f"2603.{number:05}", title=title) for number in range(1, 60)]
    store.ingest(many, now=now)
    assert store.count() == 61


def test_record_without_title_or_with_wrong_values_is_rejected(store: Store, now: datetime) -> None:
    broken = [
        arxiv(title=" "),
        arxiv(doi="10.5555/a\0b"),
        arxiv(votes=-1),
        arxiv(votes=2**40),
        arxiv(extras={"half": "\ud800"}),
        arxiv(extras={"huge": 2**70}),
        replace(arxiv(), record_id=""),
    ]
    counts, rejects = store.ingest([*broken, arxiv("2603.00002")], now=now)
    assert counts == ImportCounts(new=1, rejected=len(broken))
    assert all(reject.reason.endswith(".") for reject in rejects)
    assert keys(store) == {"2603.00002"}


def test_text_with_nul_and_script_comes_back_as_it_was(store: Store, now: datetime) -> None:
    odd = arxiv(abstract="<script>alert(1)</script> \0 end", title="Mills <b>\0</b> of Oak")
    store.ingest([odd], now=now)
    assert store.paper("2603.00001").abstract == odd.abstract


def test_very_long_abstract_is_kept_whole(store: Store, now: datetime) -> None:
    long = MILLS * 8_000
    store.ingest([arxiv(abstract=long), listing(abstract=long + " And more.")], now=now)
    assert store.paper("2603.00001").abstract == long


def test_votes_alone_raise_no_revision(store: Store, now: datetime) -> None:
    store.ingest([arxiv(source="hf_daily", votes=3)], now=now)
    revision = store.revision()
    counts, _ = store.ingest([arxiv(source="hf_daily", votes=9)], now=now)
    assert counts == ImportCounts(updated=1)
    assert store.paper("2603.00001").votes == 9
    assert store.signals()[0][1] == 9
    assert store.revision() == revision


def test_early_counts_imported_late_take_no_votes_away(store: Store, now: datetime) -> None:
    store.ingest([arxiv(source="hf_daily", votes=9)], now=now)
    assert store.ingest([arxiv(source="hf_daily", votes=3)], now=now)[0].unchanged == 1
    assert store.paper("2603.00001").votes == 9


def test_undated_record_is_listed_on_the_day_it_was_first_seen(store: Store, now: datetime) -> None:
    undated = listing(listed_on=None)
    store.ingest([undated], now=now)
    store.ingest([undated], now=now + timedelta(days=2))
    assert store.paper(undated.record_id).listed_on == now.date()


def test_exported_records_make_an_equal_library(
    store: Store, now: datetime, tmp_path: object
) -> None:
    store.ingest(
        [arxiv(), listing(listed_on=None), published(abstract=MILLS_JOURNAL), listing("Oak", "")],
        now=now,
    )
    records = [record for _, members in store.every_paper() for record in members]
    copy = Store.open(f"sqlite:///{tmp_path}/copy.sqlite")
    copy.ingest(records, now=now + timedelta(days=40))
    assert facts(copy) == facts(store)
    copy.close()


def test_sample_goes_and_leaves_what_others_know(store: Store, now: datetime) -> None:
    only = arxiv("1706.00001", source="sample", title="Sheep on Glass", abstract=MILLS_JOURNAL)
    also = arxiv(source="sample", abstract="A summary in other words.", keywords=("sample",))
    store.ingest([only, also, arxiv()], now=now)
    assert store.paper("1706.00001").is_sample
    assert not store.paper("2603.00001").is_sample
    gone, revision = store.paper("1706.00001").paper_id, store.revision()
    assert store.remove_sample() == 1
    assert keys(store) == {"2603.00001"}
    assert store.paper("2603.00001").sources == ("corpus",)
    assert [number for number, _ in store.removals(revision)] == [gone]
    assert store.remove_sample() == 0


def test_links_are_united_without_repetition(store: Store, now: datetime) -> None:
    from broadsheet.domain import Link

    links = (
        Link(LinkKind.PDF, "http://arxiv.org/pdf/2603.00001v1"),
        Link(LinkKind.CODE, "https://github.com/invented/mills"),
    )
    store.ingest([arxiv(links=links), arxiv(source="hf_daily", links=links[1:])], now=now)
    assert [link.kind for link in store.paper("2603.00001").links] == [
        LinkKind.ABSTRACT,
        LinkKind.PDF,
        LinkKind.CODE,
    ]


def test_number_of_a_removed_paper_is_not_given_again(store: Store, now: datetime) -> None:
    store.ingest([arxiv(source="sample")], now=now)
    gone = store.paper("2603.00001").paper_id
    store.remove_sample()
    store.ingest([arxiv()], now=now)
    assert store.paper("2603.00001").paper_id != gone


def test_abstracts_are_compared_only_between_records_of_one_title(
    store: Store, now: datetime
) -> None:
    store.ingest([listing(), listing("Quite Another Title for These Mills", MILLS)], now=now)
    assert store.count() == 2
