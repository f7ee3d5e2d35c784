"""The peers of `make bench-scale`: engines for words and vectors, on the same texts and queries.

Each runs in a process of its own so that its memory can be told. They rank and nothing else: no
store, no filters, no pages, no reasons. They are the limit to come close to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import orjson
import zstandard

from benchmarks.measure import Row, median_and_p95, print_table, run_child, times_ms
from benchmarks.peers import K, Search, bm25s, sqlite_fts5
from benchmarks.speed import MIB, WARM_UP
from broadsheet.index.encoder import StaticEncoder

MOST_FOR_BM25S = 1_000_000
"""bm25s holds its tokens and scores in memory: 24 GB do not hold more papers."""
_HEAP = 512 * MIB
_PROBES = 64
_CELLS = 4096
_BLOCK = 50_000
_TRAINING = 39 * _CELLS
"""As many vectors as FAISS wants to see for so many cells."""


def compare(source: Path, count: int, folder: Path, queries: Sequence[str]) -> None:
    """Measure every peer on the papers of a file and print a table."""
    print_table(f"{count:,} papers: peers", _rows(source, count, folder, queries))


def _rows(source: Path, count: int, folder: Path, queries: Sequence[str]) -> Iterator[Row]:
    for name in PEERS:
        if name == "bm25s" and count > MOST_FOR_BM25S:
            yield Row(name, "not run: it needs more memory than this machine has")
            continue
        command = [sys.executable, "-m", "benchmarks.large_peers", name, str(source),
                   str(folder / "peers" / name.replace(" ", "-"))]  # fmt: skip
        try:
            run = run_child(command, {"BENCH_QUERIES": json.dumps(list(queries))})
        except subprocess.CalledProcessError as error:
            yield Row(name, f"did not run here (code {error.returncode})")
            continue
        result = json.loads(run.output.splitlines()[-1])
        median, p95 = median_and_p95(result["times_ms"][WARM_UP:])
        yield Row(
            name,
            f"build {result['build_s']:.0f} s, query median {median:.1f} ms, p95 {p95:.1f} ms, "
            f"peak {run.peak_bytes / MIB:,.0f} MiB",
        )


def _texts(source: Path) -> Iterator[str]:
    with source.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as plain:
        rest = b""
        while block := plain.read(1 << 22):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                fields = orjson.loads(line)
                yield f"{fields['title']}\n{fields['abstract']}"


def tantivy(texts: Iterator[str], target: Path) -> Search:
    """Tantivy: BM25 in Rust, English stemmer, an index on disk."""
    import tantivy as package

    target.mkdir(parents=True, exist_ok=True)
    schema = package.SchemaBuilder().add_text_field("text", tokenizer_name="en_stem").build()
    index = package.Index(schema, path=str(target), reuse=False)
    writer = index.writer(_HEAP, 2)
    for text in texts:
        writer.add_document(package.Document(text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: str) -> object:
        return searcher.search(index.parse_query(query, ["text"]), K).hits

    return search


def faiss(texts: Iterator[str], _target: Path) -> Search:
    """FAISS: an inverted file of 4,096 cells with one byte a number, 64 cells a query."""
    import faiss as package

    encoder = StaticEncoder.load()
    index = package.index_factory(encoder.dim, f"IVF{_CELLS},SQ8", package.METRIC_INNER_PRODUCT)
    index.nprobe = _PROBES
    waiting: list[np.ndarray] = []
    for vectors in _encoded(encoder, texts):
        waiting.append(vectors)
        if not index.is_trained and len(waiting) * _BLOCK >= _TRAINING:
            index.train(np.concatenate(waiting))
        if index.is_trained:
            index.add(np.concatenate(waiting))
            waiting = []

    if waiting:
        index.train(np.concatenate(waiting))
        index.add(np.concatenate(waiting))

    def search(query: str) -> object:
        return index.search(encoder.encode([query]), K)

    return search


def _encoded(encoder: StaticEncoder, texts: Iterator[str]) -> Iterator[np.ndarray]:
    block: list[str] = []
    for text in texts:
        block.append(text)
        if len(block) == _BLOCK:
            yield encoder.encode(block)
            block = []
    if block:
        yield encoder.encode(block)


PEERS: dict[str, Callable[[Iterator[str], Path], Search]] = {
    "SQLite FTS5, words": lambda texts, target: sqlite_fts5(list(texts), target),
    "bm25s": lambda texts, target: bm25s(list(texts), target),
    "Tantivy, words": tantivy,
    "FAISS IVF, vectors": faiss,
}


def main() -> None:
    """Build one peer, run the queries, print one line of JSON."""
    name, source, target = sys.argv[1:4]
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    search = PEERS[name](_texts(Path(source)), place)
    build = time.perf_counter() - started
    times = times_ms(search, json.loads(os.environ["BENCH_QUERIES"]))
    print(json.dumps({"build_s": build, "times_ms": times}))


if __name__ == "__main__":
    main()
