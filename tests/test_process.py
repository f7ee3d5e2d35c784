"""How a process is set up before it does anything."""

from __future__ import annotations

import subprocess
import sys

LATER = """
from broadsheet.process import tune
tune()
import numpy
from threadpoolctl import threadpool_info
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
"""


def test_numpy_and_arrow_are_set_up_although_they_come_later() -> None:
    said = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["system", "[1]"]
