"""The command that cites papers."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from broadsheet.services import open_services
from broadsheet.settings import load_settings


class Form(StrEnum):
    """The formats, by the endings of their files."""

    BIB = "bib"
    RIS = "ris"
    CSL = "csl.json"


def cite(
    papers: Annotated[
        list[str], typer.Argument(metavar="ID...", help="arXiv ids, DOIs, addresses or our keys.")
    ],
    *,
    form: Annotated[
        Form, typer.Option("--format", help="bib (BibTeX), ris or csl.json.")
    ] = Form.BIB,
) -> None:
    """Print the citations of papers."""
    from broadsheet.delivery.citations.formats import FORMATS

    store = open_services(load_settings()).store
    found = [store.paper(paper) for paper in papers]
    sys.stdout.write(FORMATS[form.value].write(found).decode())


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(cite)
