"""How the terminal shows a search's guidance: spelling, other names, people, facets."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from broadsheet.cli.terminal import out, say
from broadsheet.domain import Guidance


def say_guidance(guidance: Guidance) -> None:
    """One sentence for each thing that helps on from a search."""
    if guidance.corrected_from:
        say(f"--verbatim searches for “{guidance.corrected_from}” all the same.")
    if guidance.did_you_mean:
        say(f"Did you mean “{guidance.did_you_mean}”?")
    if guidance.author:
        say(f"Papers by {guidance.author.text}: search '{guidance.author.query}'.")
    if guidance.also_searched:
        names = ", ".join(guidance.also_searched)
        say(f"Also searched: {names}; --verbatim leaves it out.")
    if guidance.related:
        say(f"Related: {', '.join(choice.text for choice in guidance.related)}.")


def print_facets(guidance: Guidance) -> None:
    """How the papers found spread, one line for each year, category and so on."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("facet", style="dim", no_wrap=True)
    table.add_column("choice", no_wrap=True)
    table.add_column("papers", justify="right", no_wrap=True)
    for facet in guidance.facets:
        for choice in facet.choices:
            table.add_row(Text(facet.name), Text(choice.text), Text(f"{choice.count or 0:,}"))
    out.print(table)
