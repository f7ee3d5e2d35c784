"""The encoder laboratory on the command line: `python -m training --help`."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from training.laboratory import Laboratory, Scale, add_result, named, quantise
from training.measures import measure, read_judged
from training.prepared import Prepared, kept
from training.recipes import RECIPES

EPILOG = """
The corpus is a folder of *.jsonl.xz files, one paper a line with id, title, abstract and categories
(primary first). One paper in twenty is held out and never trained on. What takes long and never
changes (words, first vectors, the teacher's vectors) is kept in the work folder.

examples:
  python -m training list
  python -m training table plain weighted-contrast --seeds 0 1
  python -m training ship static-2.table
  python -m training choose transformer-2 transformer-3
  python -m training compare static-1.table transformer-2 MINILM
  python -m training --threads 1 --teacher TEACHER transformer transformer-2 --lessons 10
"""


def main() -> None:
    """Read the options and do what they say."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    options.run(options)


def _list(_: argparse.Namespace) -> None:
    print("\n".join(RECIPES))


def _table(options: argparse.Namespace) -> None:
    laboratory = _laboratory(options)
    judged = read_judged(options.collections, options.work) if options.collections else []
    for name in options.recipes:
        for seed in options.seeds:
            run = laboratory.merged(named(name), seed)
            row = {"recipe": name, "seed": seed, **asdict(laboratory.scale)}
            row |= measure(laboratory.prepared, run, judged)
            add_result(options.results, row)
            print(row, flush=True)


def _ship(options: argparse.Namespace) -> None:
    laboratory = _laboratory(options)
    run = laboratory.merged(named(options.recipe), options.seed)
    words = laboratory.prepared.corpus.word_rows
    quantise(run.table, words, options.output.stem).save(options.output)
    print(f"wrote {options.output}, {options.output.stat().st_size / 1e6:.1f} MB")


def _transformer(options: argparse.Namespace) -> None:
    from training.make_transformer import make_transformer

    for line in make_transformer(
        options.corpus,
        options.teacher,
        options.work,
        options.output,
        count=options.lessons,
        share=options.share,
    ):
        print(line, flush=True)


def _choose(options: argparse.Namespace) -> None:
    from training.choose import choose
    from training.corpus import read_corpus
    from training.held_out import code_collection
    from training.held_out_texts import choosing

    options.work.mkdir(parents=True, exist_ok=True)
    papers = list(read_corpus(options.corpus))
    codes, asked = kept(options.work / "codes.pickle", lambda: code_collection(papers))
    questions = choosing(codes, asked, papers, is_fresh=options.fresh)
    for figures in choose(_encoders(options), questions):
        row = {"questions": "fresh" if options.fresh else "choosing"} | figures
        if options.results:
            add_result(options.results, row)
        print(row, flush=True)


def _compare(options: argparse.Namespace) -> None:
    from training.compare import compare
    from training.corpus import read_corpus

    options.work.mkdir(parents=True, exist_ok=True)
    encoders = _encoders(options)
    judged = [
        each
        for each in read_judged(options.collections, options.work)
        if not options.only or each.collection.name in options.only
    ]
    some = list(islice(read_corpus(options.corpus), options.papers))
    texts = [f"{paper.title}\n{paper.abstract}" for paper in some]
    for line in compare(encoders, judged, texts, options.work):
        print(line, flush=True)


def _encoders(options: argparse.Namespace) -> dict[str, Any]:
    from broadsheet.index.encoder import StaticEncoder
    from broadsheet.index.transformer import OnnxEncoder

    encoders: dict[str, StaticEncoder | OnnxEncoder] = {}
    for path in options.encoders:
        if path.is_dir():
            encoders[path.name] = OnnxEncoder.load(path, options.threads)
        else:
            encoders[path.stem] = StaticEncoder.load(path)
    return encoders


def _laboratory(options: argparse.Namespace) -> Laboratory:
    began = time.monotonic()

    def say(message: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {message}", flush=True)

    prepared = Prepared.of(options.corpus, options.work)
    say(f"{len(prepared.papers):,} papers, {prepared.corpus.row_count:,} rows")
    scale = Scale(options.dim, options.batch, options.steps)
    return Laboratory(prepared, options.teacher, scale, say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--corpus", type=Path, default=Path("../shared/data/corpus"))
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--teacher", type=Path, help="folder of all-MiniLM-L6-v2 (safetensors)")
    parser.add_argument("--threads", type=int, default=2)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list", help="names of the recipes").set_defaults(run=_list)

    table = commands.add_parser("table", help="run recipes and add rows to the results")
    table.add_argument("recipes", nargs="+")
    table.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    table.add_argument("--results", type=Path, default=Path("training/results.csv"))
    table.add_argument("--collections", type=Path, help="judged collections, for reporting only")
    _add_scale(table, Scale())
    table.set_defaults(run=_table)

    ship = commands.add_parser("ship", help="train one table in full size and write its file")
    ship.add_argument("output", type=Path, help="its stem becomes the encoder's name")
    ship.add_argument("--recipe", default="plain")
    ship.add_argument("--seed", type=int, default=0)
    _add_scale(ship, Scale(dim=256, batch=2048, steps=600))
    ship.set_defaults(run=_ship)

    transformer = commands.add_parser("transformer", help="train and package the transformer")
    transformer.add_argument("output", type=Path, help="folder; its name becomes the encoder's")
    transformer.add_argument(
        "--lessons", type=int, default=0, help="of 480 papers each; 0 only cuts and rounds"
    )
    transformer.add_argument(
        "--share", type=float, default=0.5, help="of the way from the parent (%(default)s)"
    )
    transformer.set_defaults(run=_transformer)
    choose = commands.add_parser("choose", help="measure transformers by what may choose")
    choose.add_argument("encoders", type=Path, nargs="+", help="each is compared with the first")
    choose.add_argument("--results", type=Path, help="CSV file that gets a row for each")
    choose.add_argument(
        "--fresh", action="store_true", help="ask other papers than those that choose"
    )
    choose.set_defaults(run=_choose)
    _add_compare(commands)
    return parser


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser("compare", help="measure encoders in one run, for reporting")
    compare.add_argument("encoders", type=Path, nargs="+", help="tables and folders with models")
    compare.add_argument("--collections", type=Path, default=Path("../shared/data/ir"))
    compare.add_argument("--only", nargs="+", help="names of collections (all)")
    compare.add_argument("--papers", type=int, default=200, help="to time (%(default)s)")
    compare.set_defaults(run=_compare)


def _add_scale(parser: argparse.ArgumentParser, scale: Scale) -> None:
    for name, value in asdict(scale).items():
        parser.add_argument(f"--{name}", type=int, default=value)


if __name__ == "__main__":
    main()
