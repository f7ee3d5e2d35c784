"""The peers of the search benchmark, each in a process of its own so that memory can be told.

They rank words only; Broadsheet's figure beside them is for hybrid search with filters, pages
and reasons. Run through `make bench`.
"""

from __future__ import annotations

import json
import lzma
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import times_ms

Search = Callable[[str], object]
K = 25


def texts_of(corpus: Path) -> list[str]:
    """Title and abstract of every paper, in the order of the files."""
    texts = []
    for file in sorted(corpus.glob("*.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                paper = json.loads(line)
                texts.append(f"{paper['title']}\n{paper['abstract']}")
    return texts


def sqlite_fts5(texts: list[str], target: Path) -> Search:
    """SQLite's full-text search with the Porter stemmer, ranked by its BM25."""
    target.unlink(missing_ok=True)
    database = sqlite3.connect(target)
    database.execute("CREATE VIRTUAL TABLE paper USING fts5(text, tokenize='porter unicode61')")
    database.executemany("INSERT INTO paper(text) VALUES (?)", ((text,) for text in texts))
    database.commit()
    statement = "SELECT rowid FROM paper WHERE paper MATCH ? ORDER BY rank LIMIT ?"

    def search(query: str) -> object:
        words = " OR ".join(f'"{word}"' for word in query.split())
        return database.execute(statement, (words, K)).fetchall()

    return search


def bm25s(texts: list[str], _target: Path) -> Search:
    """The bm25s package: BM25 over scipy-like sparse arrays in memory, English stemmer."""
    import bm25s as package
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    tokens = package.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)
    retriever = package.BM25(k1=1.2, b=0.75)
    retriever.index(tokens, show_progress=False)

    def search(query: str) -> object:
        words = package.tokenize(query, stopwords="en", stemmer=stemmer, show_progress=False)
        return retriever.retrieve(words, k=K, show_progress=False)

    return search


def tfidf(texts: list[str], _target: Path) -> Search:
    """TF-IDF as arxiv-sanity-lite has it: 20,000 features of one and two words, a dot product."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        strip_accents="unicode", lowercase=True, analyzer="word", stop_words="english",
        ngram_range=(1, 2), max_features=20_000, sublinear_tf=True, min_df=5, max_df=0.1,
    )  # fmt: skip
    matrix = vectorizer.fit_transform(texts)

    def search(query: str) -> object:
        scores = (matrix @ vectorizer.transform([query]).T).toarray().ravel()
        return scores.argpartition(-K)[-K:]

    return search


PEERS: dict[str, Callable[[list[str], Path], Search]] = {
    "SQLite FTS5": sqlite_fts5,
    "bm25s": bm25s,
    "TF-IDF (arxiv-sanity-lite)": tfidf,
}


def main() -> None:
    """Build one peer, run the queries, print one line of JSON."""
    name, corpus, target = sys.argv[1:4]
    texts = texts_of(Path(corpus))
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    search = PEERS[name](texts, Path(target))
    build = time.perf_counter() - started
    times = times_ms(search, json.loads(os.environ["BENCH_QUERIES"]))
    print(json.dumps({"build_s": build, "times_ms": times}))


if __name__ == "__main__":
    main()
