"""`broadsheet cite` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import orjson
import rispy
from programs import Run
from pybtex.database import parse_string


def test_papers_are_cited_in_the_format_asked_for(run: Run, papers_file: Path) -> None:
    few = papers_file.with_name("few.jsonl")
    few.write_bytes(b"\n".join(papers_file.read_bytes().split(b"\n")[:3]))
    run("import", str(few))
    entries = parse_string(run("cite", "2601.00001", "2601.00002").stdout, "bibtex").entries
    assert [entry.fields["eprint"] for entry in entries.values()] == ["2601.00001", "2601.00002"]
    reference = rispy.loads(run("cite", "arXiv:2601.00003v1", "--format", "ris").stdout)[0]
    assert reference["accession_number"] == "arXiv:2601.00003"
    assert orjson.loads(run("cite", "2601.00001", "--format", "csl.json").stdout)[0]["title"]
    refused = run("cite", "2601.99999", code=1)
    assert (refused.stdout, refused.stderr.strip()[-1]) == ("", ".")
