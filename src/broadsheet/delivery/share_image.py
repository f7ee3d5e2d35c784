"""The picture that other sites show beside a link to a paper (Open Graph): a small title page.

PNG, because the services that read it take no SVG. One font is shipped; a title in a script that it
does not hold is left out rather than shown as boxes.
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from broadsheet.delivery.citations.bibtex import publication_day
from broadsheet.delivery.periods import plain_day
from broadsheet.delivery.prose import title_text

if TYPE_CHECKING:
    from broadsheet.domain import Paper

WIDTH, HEIGHT = 1200, 630
"""Pixels; the size that Open Graph's readers ask for."""
MOST_MISSING = 0.1
"""The share of a title's letters that the font may lack before the title is left out."""
_MARGIN = 72
_PAPER, _INK, _QUIET = 250, 20, 96
_TITLE_SIZES = (60, 52, 44, 38)
_TITLE_TOP, _TITLE_ROOM = 190, 290
_LONGEST_TITLE = 300
_AUTHORS = 3


def share_image(paper: Paper) -> bytes:
    """The picture of a paper as PNG."""
    title = title_text(paper.title)[:_LONGEST_TITLE]
    names = ", ".join(title_text(author) for author in paper.authors[:_AUTHORS])
    if len(paper.authors) > _AUTHORS:
        names += f" and {len(paper.authors) - _AUTHORS:,} more"
    foot = " · ".join(filter(None, (paper.primary_category, plain_day(publication_day(paper)))))
    return _drawn(_shown(title), _shown(names), _shown(foot))


@lru_cache(maxsize=128)
def _drawn(title: str, names: str, foot: str) -> bytes:
    """The picture; about 15 ms and 20 KB, so the last ones are kept."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((_MARGIN, 56), "Broadsheet", _INK, _font(54))
    for top, thickness in ((134, 5), (143, 1)):
        draw.rectangle((_MARGIN, top, WIDTH - _MARGIN, top + thickness), _INK)
    size, lines = _fitted(title)
    for place, line in enumerate(lines):
        draw.text((_MARGIN, _TITLE_TOP + place * size * 1.24), line, _INK, _font(size))
    draw.text((_MARGIN, 505), _cut(names, 28), _QUIET, _font(28))
    draw.text((_MARGIN, 556), _cut(foot, 28), _QUIET, _font(28))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


@lru_cache(maxsize=8)
def _font(size: int) -> Any:
    from PIL import ImageFont

    file = files("broadsheet.delivery") / "fonts" / "DejaVuSerif-Bold.ttf"
    return ImageFont.truetype(io.BytesIO(file.read_bytes()), size)


def _fitted(title: str) -> tuple[int, list[str]]:
    """The largest size at which the title fits, and its lines; cut at the smallest."""
    for size in _TITLE_SIZES:
        lines = _lines(title, size)
        most = int(_TITLE_ROOM // (size * 1.24))
        if len(lines) <= most:
            return size, lines
    return size, [*lines[: most - 1], _cut(" ".join(lines[most - 1 :]), size)]


def _lines(text: str, size: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _fits(longer, size):
            lines[-1] = longer
        else:
            lines.append(_cut(word, size))
    return [line for line in lines if line]


def _cut(text: str, size: int) -> str:
    """The text, or as much of its beginning as fits on one line."""
    if _fits(text, size):
        return text
    few, many = 0, len(text)
    while few < many:
        middle = (few + many + 1) // 2
        few, many = (middle, many) if _fits(text[:middle] + "…", size) else (few, middle - 1)
    return text[:few].rstrip() + "…"


def _fits(text: str, size: int) -> bool:
    return bool(_font(size).getlength(text) <= WIDTH - 2 * _MARGIN)


def _shown(text: str) -> str:
    """The text without the letters that the font lacks; empty where it lacks many."""
    kept = "".join(letter for letter in text if letter.isspace() or _is_drawn(letter))
    return kept if len(text) - len(kept) <= MOST_MISSING * len(text) else ""


@lru_cache(maxsize=4096)
def _is_drawn(letter: str) -> bool:
    """Whether the font has the letter: what it lacks is drawn like what no font has."""
    font = _font(_TITLE_SIZES[-1])
    return bytes(font.getmask(letter)) != bytes(font.getmask("\ue0ff"))
