"""Finding files, compression, progress, and telling formats apart by content."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

from broadsheet.errors import SourceError
from broadsheet.sources.files import expand, read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sources.conftest import Read

LINES = "".join(
    json.dumps({"id": f"2601.{n:05}", "title": f"Loom {n}", "abstract": f"Loom number {n}. " * 20})
    + "\n"
    for n in range(1, 2001)
).encode()
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstandard": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def test_folders_are_walked_in_order_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b/2.json", "b/1.json", "a.txt", ".hidden", "b/.git/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = expand([str(tmp_path), "-"])
    assert found == [tmp_path / "a.txt", tmp_path / "b/1.json", tmp_path / "b/2.json", "-"]


def test_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        expand([str(tmp_path / "nowhere")])


@pytest.mark.parametrize("compression", COMPRESS)
def test_compressed_files_are_read_whatever_their_name(read: Read, compression: str) -> None:
    result = read(COMPRESS[compression](LINES), name="data.txt")
    assert (len(result.records), result.rejects) == (2000, [])


@pytest.mark.parametrize("compression", COMPRESS)
def test_files_of_several_frames_are_read_to_the_end(read: Read, compression: str) -> None:
    compress = COMPRESS[compression]
    assert len(read(compress(LINES[:1000]) + compress(LINES[1000:])).records) == 2000


@pytest.mark.parametrize("compression", COMPRESS)
def test_truncated_file_gives_what_came_and_one_reject(read: Read, compression: str) -> None:
    whole = COMPRESS[compression](LINES)
    result = read(whole[: len(whole) // 2])
    assert 0 < len(result.records) < 2000
    assert [reject.position for reject in result.rejects] == ["end of the file"]
    assert compression in result.rejects[0].reason


@pytest.mark.parametrize("compression", COMPRESS)
def test_file_damaged_at_its_start_is_refused(read: Read, compression: str) -> None:
    with pytest.raises(SourceError, match=compression):
        read(COMPRESS[compression](LINES)[:12])


@pytest.mark.parametrize("compression", COMPRESS)
def test_bytes_changed_in_the_middle_are_a_reject(read: Read, compression: str) -> None:
    whole = bytearray(COMPRESS[compression](LINES))
    middle = len(whole) // 2
    whole[middle : middle + 40] = b"\xff" * 40
    assert read(bytes(whole)).rejects


def test_bytes_read_grow_to_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(LINES, 1))
    counts = [item.bytes_read for item in read_file(path, today=date(2026, 8, 21))]
    assert counts == sorted(counts)
    assert counts[-1] == path.stat().st_size


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINES))))
    items = list(read_file("-", today=date(2026, 8, 21)))
    assert len(items) == 2000


def test_rejects_name_the_file(read: Read, tmp_path: Path) -> None:
    assert read("{broken\n" + LINES.decode(), name="a.jsonl").rejects[0].file == str(
        tmp_path / "a.jsonl"
    )


def test_lines_of_several_shapes_may_be_mixed(read: Read) -> None:
    item = {"paper": {"id": "2601.00009", "title": "Weft", "summary": "x", "authors": []}}
    result = read(LINES + json.dumps(item).encode())
    assert [record.source for record in result.records[-2:]] == ["corpus", "hf_daily"]


def test_array_of_papers_is_read(read: Read) -> None:
    papers = [json.loads(line) for line in LINES.splitlines()[:3]]
    assert len(read(json.dumps(papers)).records) == 3


def test_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(read_file(tmp_path, today=date(2026, 8, 21)))
