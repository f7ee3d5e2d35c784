"""Measures search on test collections with the product's own index and search function.

A collection is a folder with `docs.jsonl` (id, title, text), `queries.jsonl` (id, text),
`qrels.tsv` (query_id, doc_id, relevance) and perhaps `pools.json` (query id to the document ids to
rank).
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from broadsheet.errors import SourceError
from broadsheet.index.documents import Document, Feed
from broadsheet.index.improvers import Improvers
from broadsheet.index.lance import NO_IMPROVERS, PaperIndex
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import Filter
from broadsheet.index.writing import Encoder
from broadsheet.ranking.query import plain
from broadsheet.ranking.search import Mode, Question, search, word_query

Judgements = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """How one mode of search did on one collection: means over the judged queries.

    `ndcg_at_20` is None unless the collection has pools.
    """

    collection: str
    mode: str
    ndcg_at_10: float
    recall_at_100: float
    queries_per_second: float
    ndcg_at_20: float | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A test collection in memory; document i has paper id i + 1."""

    name: str
    documents: tuple[Document, ...]
    document_ids: tuple[str, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Judgements]
    pools: Mapping[str, Sequence[str]] | None


def load_collection(folder: Path) -> Collection:
    """Read a collection; raises SourceError with a sentence when a file is missing or malformed."""
    try:
        documents = _json_lines(folder / "docs.jsonl")
        queries = _json_lines(folder / "queries.jsonl")
        judgements = _judgements((folder / "qrels.tsv").read_text())
        pools_file = folder / "pools.json"
        pools = json.loads(pools_file.read_bytes()) if pools_file.exists() else None
        ids = tuple(str(document["id"]) for document in documents)
        return Collection(
            name=folder.resolve().name,
            documents=tuple(_document(place, found) for place, found in enumerate(documents, 1)),
            document_ids=ids,
            queries={str(query["id"]): query["text"] for query in queries},
            judgements=judgements,
            pools=pools,
        )
    except (OSError, ValueError, KeyError) as error:
        message = (
            f"{folder} is not a test collection ({error}). It needs docs.jsonl, queries.jsonl "
            "and qrels.tsv."
        )
        raise SourceError(message) from error


def _json_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _document(paper_id: int, found: Mapping[str, str]) -> Document:
    title, text = found.get("title") or "", found.get("text") or ""
    # Some collections repeat the title at the start of the text; the index adds it by itself.
    text = text.removeprefix(title).strip() if title else text
    return Document(paper_id, title, text, (), (), date(1970, 1, 1), has_code=False)


def _judgements(text: str) -> dict[str, dict[str, int]]:
    judgements: dict[str, dict[str, int]] = {}
    for line in text.splitlines()[1:]:
        if line.strip():
            query_id, document_id, relevance = line.split("\t")
            judgements.setdefault(query_id, {})[document_id] = int(relevance)
    return judgements


def evaluate(
    folder: Path, encoder: Encoder | None, improvers: Improvers = NO_IMPROVERS
) -> list[EvaluationRow]:
    """Measure words only, and with an encoder vectors only and hybrid, on one collection.

    With an improver every document has its vector as well. The index is built in a temporary
    folder. Raises SourceError for a folder that is no collection.
    """
    collection = load_collection(folder)
    modes = list(Mode) if encoder else [Mode.WORDS]
    with tempfile.TemporaryDirectory(prefix="broadsheet-evaluate-") as temporary:
        index = PaperIndex(Path(temporary), encoder, improvers)
        index.rebuild(_feed(collection.documents))
        index.improve(collection.documents)
        return [evaluate_mode(collection, index, mode) for mode in modes]


def _feed(documents: Sequence[Document]) -> Feed:
    count = len(documents)
    return Feed(
        changes=lambda after, limit: [
            (document, document.paper_id) for document in documents[after : after + limit]
        ],
        removals=lambda _: (),
        pending=lambda after: count - after,
        revision=lambda: count,
    )


def evaluate_mode(
    collection: Collection, index: PaperIndex, mode: Mode, vector_weight: float | None = None
) -> EvaluationRow:
    """Measure one mode on an index that holds the collection's documents."""
    run = _Run(collection, index, index.snapshot(), mode, vector_weight)
    judged = {
        query_id: judgements
        for query_id, judgements in collection.judgements.items()
        if query_id in collection.queries and max(judgements.values()) > 0
    }
    started = time.perf_counter()
    found = {query_id: run.ranking(query_id) for query_id in judged}
    seconds = time.perf_counter() - started

    def mean_ndcg(depth: int) -> float:
        return _mean([ndcg(found[query], judged[query], depth) for query in judged])

    return EvaluationRow(
        collection=collection.name,
        mode=mode.value,
        ndcg_at_10=mean_ndcg(10),
        recall_at_100=_mean([recall(found[query], judged[query], 100) for query in judged]),
        queries_per_second=len(judged) / seconds if seconds else 0.0,
        ndcg_at_20=mean_ndcg(20) if collection.pools is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """One mode of search on one collection."""

    collection: Collection
    index: PaperIndex
    snapshot: Snapshot
    mode: Mode
    vector_weight: float | None

    def ranking(self, query_id: str) -> list[str]:
        """The document ids of one query, best first."""
        query = plain(self.collection.queries[query_id])
        question = Question(
            words=word_query(query),
            filter=_pool(self.collection, query_id),
            meanings=self.index.meanings(self.snapshot, query.meaning),
        )
        ranked = search(self.snapshot, question, mode=self.mode, vector_weight=self.vector_weight)
        return [self.collection.document_ids[paper_id - 1] for paper_id in ranked.paper_ids]


def _pool(collection: Collection, query_id: str) -> Filter:
    """Only the query's pool may be found, without the document that the query was made from."""
    if collection.pools is None:
        return Filter()
    own = query_id.partition("_")[0]
    pool = set(map(str, collection.pools.get(query_id, ()))) - {own}
    places = enumerate(collection.document_ids, 1)
    return Filter(only=frozenset(place for place, name in places if name in pool))


def ndcg(ranking: Sequence[str], judgements: Judgements, depth: int) -> float:
    """Normalised discounted cumulative gain, gain 2^relevance - 1, discount log2(rank + 1).

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002), with the
    exponential gain of Burges et al. (2005).
    """
    found = [judgements.get(document_id, 0) for document_id in ranking[:depth]]
    ideal = _gain(sorted(judgements.values(), reverse=True)[:depth])
    return _gain(found) / ideal if ideal else 0.0


def _gain(relevances: Sequence[int]) -> float:
    return sum(
        (2.0 ** max(relevance, 0) - 1) / math.log2(rank + 1)
        for rank, relevance in enumerate(relevances, 1)
    )


def recall(ranking: Sequence[str], judgements: Judgements, depth: int) -> float:
    """The share of the relevant documents that is among the first `depth`."""
    relevant = {document_id for document_id, relevance in judgements.items() if relevance > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
