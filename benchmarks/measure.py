"""How the benchmarks measure: wall time, resident memory, percentiles, and a plain table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report: what was measured, the figure, and the goal it is held against."""

    what: str
    figure: str
    goal: str = ""
    is_met: bool | None = None


@dataclass(frozen=True, slots=True)
class ChildRun:
    """A finished child process: wall seconds, peak resident bytes and what it printed."""

    seconds: float
    peak_bytes: int
    output: str


def data_folder() -> Path:
    """The real data; stops with instructions where it is absent."""
    folder = Path(os.environ.get("BROADSHEET_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if folder.is_dir():
        return folder
    sys.exit(
        f"The benchmarks need real data at {folder} (or name it in BROADSHEET_TEST_DATA): "
        "hf_daily/ with archived /api/daily_papers answers, corpus/ with JSON lines of papers, "
        "and ir/ with test collections. docs/performance.md tells where such data comes from."
    )


def run_child(command: Sequence[str], environment: Mapping[str, str]) -> ChildRun:
    """Run a command to its end; raises CalledProcessError when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None  # noqa: S101 - for the type checker
    output = process.stdout.read()
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return ChildRun(time.perf_counter() - started, usage.ru_maxrss * 1024, output)


def run_tree(command: Sequence[str], environment: Mapping[str, str]) -> ChildRun:
    """As `run_child`; the peak is that of all its processes together, looked at twice a second."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(resident_or_none, _tree(process.pid))))
        time.sleep(0.5)
    assert process.stdout is not None  # noqa: S101 - for the type checker
    output = process.stdout.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return ChildRun(time.perf_counter() - started, peak, output)


def _tree(pid: int) -> list[int]:
    """A process and those below it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [
            int(child)
            for task in tasks
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
    except OSError:
        return []
    return [pid, *(each for child in children for each in _tree(child))]


def resident_or_none(pid: int) -> int:
    """The resident memory of a process; 0 for one that has just ended."""
    try:
        return resident_bytes(pid)
    except (OSError, RuntimeError):
        return 0


def resident_bytes(pid: int) -> int:
    """The resident memory of a running process (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    message = f"process {pid} tells no resident memory"
    raise RuntimeError(message)


def cpu_seconds(pid: int) -> float:
    """The processor time that a running process has taken so far, in itself and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def times_ms(work: Callable[[T], object], inputs: Iterable[T]) -> list[float]:
    """Milliseconds that the work took on each input."""
    times = []
    for value in inputs:
        started = time.perf_counter()
        work(value)
        times.append((time.perf_counter() - started) * 1000)
    return times


def median_and_p95(times: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile of at least twenty times."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def print_table(title: str, rows: Iterable[Row]) -> None:
    """The rows as a Markdown table, ready for docs/performance.md."""
    print(f"\n### {title}\n\n| what | measured | goal | |\n|---|---|---|---|")
    for row in rows:
        mark = {True: "met", False: "missed", None: ""}[row.is_met]
        print(f"| {row.what} | {row.figure} | {row.goal} | {mark} |", flush=True)
