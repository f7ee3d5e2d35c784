"""Measuring search: the measures by hand, a small invented collection, the real ones."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from broadsheet.errors import SourceError
from broadsheet.index.encoder import StaticEncoder
from broadsheet.ranking.evaluation import evaluate, ndcg, recall


def test_ndcg_agrees_with_a_calculation_by_hand() -> None:
    judged = {"a": 2, "b": 1, "c": 0}
    by_hand = (1 / math.log2(2) + 3 / math.log2(4)) / (3 / math.log2(2) + 1 / math.log2(3))
    assert ndcg(["b", "c", "a"], judged, 10) == pytest.approx(by_hand)


def test_ndcg_of_the_best_order_is_one_and_of_nothing_zero() -> None:
    assert ndcg(["a", "b"], {"a": 3, "b": 1}, 10) == 1
    assert ndcg([], {"a": 3}, 10) == 0


def test_ndcg_looks_no_deeper_than_asked() -> None:
    assert ndcg(["x", "a"], {"a": 1}, 1) == 0


def test_recall_is_the_share_of_relevant_documents_found() -> None:
    assert recall(["a", "x", "b"], {"a": 1, "b": 2, "c": 1, "d": 0}, 2) == pytest.approx(1 / 3)


def collection(folder: Path, *, pools: dict[str, list[str]] | None = None) -> Path:
    documents = [
        {"id": "d1", "title": "Bread ovens", "text": "Bread ovens of brick."},
        {"id": "d2", "title": "", "text": "Telescopes and galaxies."},
        {"id": "d3", "title": "Oven doors", "text": ""},
    ]
    queries = [{"id": "d1_a", "text": "ovens"}, {"id": "q2", "text": "unjudged"}]
    (folder / "docs.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "qrels.tsv").write_text("query_id\tdoc_id\trelevance\nd1_a\td3\t2\nq2\td1\t0\n")
    if pools:
        (folder / "pools.json").write_text(json.dumps(pools))
    return folder


def test_every_mode_has_a_row(tmp_path: Path, encoder: StaticEncoder) -> None:
    rows = evaluate(collection(tmp_path), encoder)
    assert [row.mode for row in rows] == ["words", "vectors", "hybrid"]
    assert {row.collection for row in rows} == {tmp_path.name}
    assert all(row.recall_at_100 == 1 and row.ndcg_at_20 is None for row in rows)


def test_pool_is_ranked_without_the_querys_own_document(
    tmp_path: Path, encoder: StaticEncoder
) -> None:
    rows = evaluate(collection(tmp_path, pools={"d1_a": ["d1", "d3"]}), encoder)
    assert all(row.ndcg_at_10 == 1 and row.ndcg_at_20 == 1 for row in rows)


def test_without_encoder_words_alone_are_measured(tmp_path: Path) -> None:
    assert [row.mode for row in evaluate(collection(tmp_path), None)] == ["words"]


@pytest.mark.parametrize("damage", ["missing", "malformed"])
def test_folder_that_is_no_collection_is_a_sentence(tmp_path: Path, damage: str) -> None:
    if damage == "malformed":
        collection(tmp_path)
        (tmp_path / "docs.jsonl").write_text("{")
    with pytest.raises(SourceError, match="not a test collection"):
        evaluate(tmp_path, None)


def test_words_come_close_to_plain_bm25_and_hybrid_does_not_lose(
    test_data: Path, encoder: StaticEncoder
) -> None:
    rows = {row.mode: row for row in evaluate(test_data / "ir" / "cranfield", encoder)}
    assert rows["words"].ndcg_at_10 >= 0.53
    assert rows["hybrid"].ndcg_at_10 >= rows["words"].ndcg_at_10
