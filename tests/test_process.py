"""How a process is set up before it does anything."""

from __future__ import annotations

import subprocess
import sys

LATER = """
from broadsheet.process import tune
tune()
import numpy
from threadpoolctl import threadpool_info
print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
"""


def test_linear_algebra_has_one_thread_also_where_numpy_comes_later() -> None:
    said = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[1]"
