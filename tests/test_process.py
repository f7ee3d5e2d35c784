"""How a process is set up before it does anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


ENDING = """
import atexit, sys, threading
from broadsheet.process import run
def program():
    atexit.register(print, "tidied up")
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    print("said", end=" ")
    {ending}
run(program)
"""


@pytest.mark.parametrize(
    ("ending", "code", "complaint"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('No.')", 1, "No."),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    ],
)
def test_program_ends_with_its_code_when_all_is_tidied_up(
    ending: str, code: int, complaint: str
) -> None:
    script = ENDING.format(ending=ending)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert ended.stdout.split("\n")[0] == "said tidied up"
    assert ended.stderr.strip().endswith(complaint)


IMPORTING = """
import sys, threading, time
from broadsheet.process import run
def program():
    import pyarrow
    threading.Thread(target=__import__, args=("lance",), daemon=True).start()
    time.sleep(float(sys.argv[1]))
run(program)
"""


def test_process_that_ends_while_a_thread_is_in_foreign_code_is_not_aborted() -> None:
    """Without `run`, one in ten of these moments aborts it."""
    moments = [0.01 * place for place in range(2, 12)]
    codes = [
        subprocess.run([sys.executable, "-c", IMPORTING, str(moment)], check=False).returncode
        for moment in moments
    ]
    assert codes == [0] * len(moments)
