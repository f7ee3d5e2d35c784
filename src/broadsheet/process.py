"""Settings of the running interpreter that suit this program; called once, at its start."""

from __future__ import annotations

import gc
import os

from threadpoolctl import threadpool_limits

OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 suits small programs: with it a third of the time to read papers is spent
looking for cycles among hundreds of thousands of modules, functions and records that have none."""

_LANCE_THREADS = "LANCE_CPU_THREADS"
"""Lance leaves two cores to its files: of two, it computes on one, unless it is told otherwise."""

_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def tune() -> None:
    """Collect garbage rarely, keep linear algebra to one thread, and let Lance use every core.

    The matrices here are small and bound by memory: a second thread gains 1 ms on a search and
    takes the core on which LanceDB looks up the words meanwhile, 4 ms.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    for name in _BLAS_THREADS:  # read when NumPy is imported, which is mostly later than this
        os.environ.setdefault(name, "1")
    os.environ.setdefault(_LANCE_THREADS, str(os.cpu_count() or 1))
    threadpool_limits(1, user_api="blas")
