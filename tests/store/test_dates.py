"""Which day a paper belongs to, where sources know different things of it."""

from __future__ import annotations

from datetime import date

from invented import NOW, arxiv

from broadsheet.domain import Paper, PaperRecord
from broadsheet.store.merging import PaperHead, merge


def merged(*records: PaperRecord) -> Paper:
    return merge(records, PaperHead(1, "2603.00001", NOW, 1))


def test_stated_day_of_announcement_stands_above_an_inferred_one() -> None:
    inferred = arxiv(
        source="arxiv_oai",
        announced_on=date(2026, 3, 12),
        extras={"announced_source": "datestamp"},
    )
    stated = arxiv(source="arxiv_announcements", announced_on=date(2026, 3, 11))
    assert merged(inferred, stated).announced_on == date(2026, 3, 11)
    assert merged(inferred).listed_on == date(2026, 3, 12)


def test_paper_known_by_month_alone_is_listed_on_the_first_of_it() -> None:
    record = arxiv(source="bibtex", submitted_at=None, extras={"published": "2019-06"})
    assert merged(record).listed_on == date(2019, 6, 1)


def test_paper_known_by_year_alone_is_listed_on_its_first_day() -> None:
    record = arxiv(source="bibtex", submitted_at=None, extras={"published": "2019"})
    assert merged(record).listed_on == date(2019, 1, 1)


def test_month_that_is_none_is_passed_over() -> None:
    record = arxiv(
        source="bibtex",
        submitted_at=None,
        extras={"published": "spring", "first_seen_on": "2026-08-21"},
    )
    assert merged(record).listed_on == date(2026, 8, 21)
