"""Sections of docs/clients.md: what each client really prints, written and compared by its test.

A section stands between two comments with the client's name. `BROADSHEET_WRITE_DOCS=1` makes the
tests write what they found instead of comparing it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "clients.md"
ADDRESS = "http://127.0.0.1:8000"
"""Stands in the page for the address of the tests' server."""


def section(name: str) -> str:
    """The present text of a client's section; empty when the page has none."""
    found = _pattern(name).search(PAGE.read_text(encoding="utf-8"))
    return found[2].strip() if found else ""


def settle(name: str, text: str) -> str:
    """Write a section if that was asked for; the section that the page has then."""
    if os.environ.get("BROADSHEET_WRITE_DOCS"):
        _write(name, text)
    return section(name)


def _write(name: str, text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    whole = f"<!-- begin {name} -->\n{text.strip()}\n<!-- end {name} -->"
    if section(name):
        page = _pattern(name).sub(lambda _: whole, page)
    else:
        page = f"{page.rstrip()}\n\n{whole}\n"
    PAGE.write_text(page, encoding="utf-8")


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- begin {re.escape(name)} -->)\n(.*?)\n<!-- end .*? -->", re.DOTALL)


def run_example(code: str, address: str) -> str:
    """What a piece of Python prints, with ADDRESS standing for the real address on both sides."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.replace(ADDRESS, address), "<example>", "exec"), {})  # noqa: S102 - the example is ours
    return printed.getvalue().replace(address, ADDRESS)


def python_block(code: str, address: str) -> str:
    """An example with what it prints, as Markdown."""
    printed = run_example(code, address)
    return f"```python\n{code.strip()}\n```\n\nprints\n\n```text\n{printed.rstrip()}\n```\n"


def shell_block(lines: list[tuple[str, str]], address: str) -> str:
    """Commands with what they print, as Markdown; four ticks, as they may print Markdown too."""
    parts = []
    for command, printed in lines:
        shown = "\n".join(line.rstrip() for line in printed.replace(address, ADDRESS).splitlines())
        parts.append(f"$ {command}\n{shown}".rstrip())
    return "````text\n" + "\n".join(parts) + "\n````\n"
