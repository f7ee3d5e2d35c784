"""Every command is found, alone and among all, in the module that the command line names for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.main import get_command

from broadsheet.cli import PARTS, command_line


def names(made: typer.Typer) -> list[str]:
    return sorted(get_command(made).commands)  # type: ignore[attr-defined]


def test_all_commands_are_those_of_the_parts() -> None:
    assert names(command_line()) == sorted(name for part in PARTS.values() for name in part)


@pytest.mark.parametrize("part", PARTS)
def test_part_has_just_its_commands(part: str) -> None:
    for command in PARTS[part]:
        assert names(command_line(command)) == sorted(PARTS[part])


def test_command_that_needs_no_pages_does_not_load_the_web_framework() -> None:
    code = (
        "import sys; sys.argv = ['broadsheet', 'status', '--help']\n"
        "from broadsheet.cli import run_command_line\n"
        "try: run_command_line()\n"
        "except SystemExit: pass\n"
        "sys.exit('fastapi' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
