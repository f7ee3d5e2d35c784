"""Settings of the running interpreter that suit this program; called once, at its start."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from threadpoolctl import threadpool_limits

OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 suits small programs: with it a third of the time to read papers is spent
looking for cycles among hundreds of thousands of modules, functions and records that have none."""

SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter's lock that others wait for; Python's own is 0.005. A
search lets go of it some thirty times, and beside a harvest that parses it took 181 ms, now 82."""

_LANCE = {"LANCE_CPU_THREADS": str((os.cpu_count() or 1) + 2), "LANCE_FTS_PARTITION_SIZE": "512"}
"""Lance leaves two of so many threads to its files: told of the two cores that there are, it takes
160 s for the words of a million papers, on one of them; on both 96 s. And of a million papers it
makes an index of words in one part, which takes a gigabyte and which only one thread can search; in
parts made of 512 MiB each, two threads can."""

_MOST_ARENAS, _MAPPED_FROM = (-8, 2), (-3, 1 << 20)
"""Options of glibc's `mallopt`. Left alone, it gives each thread a heap of its own, which keeps
what was freed, and learns to keep large pieces too; with two heaps, and pieces from a megabyte
given back at once, a server over a million papers takes a quarter of a gigabyte less."""

_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def tune() -> None:
    """Collect garbage rarely, share the interpreter quickly, keep linear algebra to one thread.

    The matrices here are small and bound by memory: a second thread gains 1 ms on a search and
    takes the core on which Lance looks up the words meanwhile, 4 ms.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.setswitchinterval(SWITCH_SECONDS)
    for name in _BLAS_THREADS:  # read when NumPy is imported, which is mostly later than this
        os.environ.setdefault(name, "1")
    for name, value in (*_LANCE.items(), ("ARROW_DEFAULT_MEMORY_POOL", "system")):
        os.environ.setdefault(name, value)
    _give_memory_back()
    threadpool_limits(1, user_api="blas")


def _give_memory_back() -> None:
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return  # another C library, which has ways of its own
    for option, value in (_MOST_ARENAS, _MAPPED_FROM):
        mallopt(option, value)


def run(program: Callable[[], None]) -> None:
    """Run a whole program, and end the process at once when all is tidied up.

    The interpreter ends daemon threads wherever they are; one that is within Arrow or Lance then
    aborts the process, which would look like a crash of a worker that was merely told to stop. To
    be called before anything else asks to be called at the end: what is asked for first comes last.
    """
    code = 1

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.flush()
        os._exit(code)

    atexit.register(leave)
    try:
        program()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        raise
