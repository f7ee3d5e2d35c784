"""Invented papers for the delivery tests: a full day, its neighbours, and hostile texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from broadsheet.domain import Link, LinkKind, PaperRecord, Version

NOW = datetime(2026, 8, 21, 18, 30, tzinfo=UTC)
TODAY = NOW.date()

_TEXTS = (
    (
        "Tidal Attention: Reading Long Documents in Waves",
        (
            "Models that read long documents spend most of their effort on passages that do not matter. "
            "We let attention rise and fall over a document the way a tide does, so that every passage "
            "is read once at low cost and only the passages above the waterline are read again. On four "
            "invented tasks the method keeps the quality of full attention with a ninth of its memory, "
            "and the height of the water tells a reader which passages the answer rests on."
        ),
    ),
    (
        "How Small Can a Weather Model Be?",
        (
            "We shrink a forecasting network until it breaks, and report where and how it breaks. Wind "
            "fails first, temperature last. A network of 900 thousand weights still beats climatology "
            "for three days on a coarse grid."
        ),
    ),
    (
        "A Grammar of Graphs for Molecule Design under Synthesis Constraints",
        (
            "Generators of molecules propose structures that nobody can make. We write synthesis steps "
            "as rules of a graph grammar and sample derivations instead of structures, so that each "
            "proposal comes with its recipe. Code is at https://github.com/example/grammar-of-graphs."
        ),
    ),
    (
        "Bounds on the Regret of Lazy Bandits",
        (
            "A lazy bandit changes its arm at most $k$ times. We show that its regret is at least "
            "$\\Omega(T^{\\frac{k+1}{2k+1}})$ and give an algorithm that reaches the bound up to a factor "
            "of $\\log T$, for all $k \\geq 1$."
        ),
    ),
    (
        "Listening to Glaciers: Self-Supervised Seismology on Moving Ice",
        (
            "Stations on moving ice record more noise than signal, and labels do not exist. We train an "
            "encoder to tell whether two windows come from one station, and find that calving, cracking "
            "and melt water separate without any label at all."
        ),
    ),
    (
        "The Referee's Dilemma: Language Models as Judges of Language Models",
        (
            "Models that judge other models prefer long answers, confident answers, and their own. We "
            "measure the three preferences apart from each other in a design with 12,000 paired "
            "answers, and offer a correction that needs no second judge."
        ),
    ),
    (
        "Sewing Images Together: Seamless Editing with Stitch Diffusion",
        (
            "Editing a region of an image leaves a seam. We move the seam during sampling to wherever "
            "it hurts least, which costs one extra evaluation a step and needs no training."
        ),
    ),
    (
        "Robots That Ask: Learning When to Interrupt a Person",
        (
            "A robot that never asks makes mistakes, and one that always asks is switched off. We treat "
            "a question as an action with a price and learn the price from how people sigh."
        ),
    ),
)
_NAMES = (
    "Ines Calloway", "Tomasz Brandt", "Yuki Ferreira", "Amara Lindqvist", "Noor van Dijk",
    "Pascal Okonkwo", "Lena Fröhlich", "Diego Marchetti", "Sunita Rao", "Wei Zhang",
)  # fmt: skip
_CATEGORIES = (
    ("cs.CL", "cs.LG"), ("physics.ao-ph",), ("cs.LG", "q-bio.BM"), ("stat.ML", "math.ST"),
    ("cs.LG", "physics.geo-ph"), ("cs.CL",), ("cs.CV",), ("cs.RO", "cs.HC"),
)  # fmt: skip


def record(
    arxiv_id: str | None,
    title: str,
    abstract: str,
    *,
    listed_on: date = TODAY,
    votes: int | None = None,
    comments: int | None = None,
    authors: tuple[str, ...] = _NAMES[:3],
    categories: tuple[str, ...] = ("cs.LG",),
    links: tuple[Link, ...] = (),
    doi: str | None = None,
    source: str = "hf_daily",
) -> PaperRecord:
    """One record of a source, as an importer would hand it to the store."""
    submitted_at = datetime(listed_on.year, listed_on.month, listed_on.day, 9, tzinfo=UTC)
    return PaperRecord(
        source=source,
        record_id=arxiv_id or doi or title,
        title=title,
        abstract=abstract,
        authors=authors,
        arxiv_id=arxiv_id,
        doi=doi,
        categories=categories,
        submitted_at=submitted_at - timedelta(days=1),
        listed_on=listed_on,
        versions=(Version(1, submitted_at - timedelta(days=1)),),
        votes=votes,
        comments=comments,
        links=links,
    )


def edition(listed_on: date, size: int, *, first: int) -> list[PaperRecord]:
    """A day's papers: `first` numbers their arXiv ids, so that editions do not collide."""
    return [_ordinary(listed_on, first + place, place) for place in range(size)]


def _ordinary(listed_on: date, number: int, place: int) -> PaperRecord:
    title, abstract = _TEXTS[place % len(_TEXTS)]
    part = place // len(_TEXTS)
    numeral = ("", ", Part Two", ", Part Three", ", Part Four", ", Part Five")[part]
    names = tuple(_NAMES[(number + step) % len(_NAMES)] for step in range(2 + number % 6))
    code = Link(LinkKind.CODE, f"https://github.com/example/paper-{number}")
    return record(
        f"{listed_on:%y%m}.{number:05d}",
        f"{title}{numeral}" if listed_on == TODAY else f"{title}{numeral} ({listed_on:%d %B})",
        f"{abstract} This is study {number} of the series, with {number * 7} measurements.",
        listed_on=listed_on,
        votes=max(0, 130 - place * 11) or None,
        comments=(place * 3) % 7,
        authors=names,
        categories=_CATEGORIES[place % len(_CATEGORIES)],
        links=(code,) if place % 3 == 0 else (),
    )


SCRIPT = "<script>alert('edition')</script>"


def hostile() -> list[PaperRecord]:
    """Papers that try to break a page: mark-up, long words, many authors, other scripts."""
    day = date(2026, 7, 30)
    crowd = tuple(f"Collaborator {number} of the Ångström Array" for number in range(300))
    return [
        record(
            "2607.90001",
            f"{SCRIPT} & <b>Bold</b> Claims",
            f'{SCRIPT} <img src=x onerror="alert(1)"> $\\text{{<script>alert(2)</script>}}$ and '
            '$x_{"><svg onload=alert(3)>}$ $\\href{javascript:alert(4)}{y}$ javascript:alert(5)',
            listed_on=day,
            authors=(f"{SCRIPT} Mallory", 'Eve" onmouseover="alert(6)'),
            links=(
                Link(LinkKind.PROJECT, "javascript:alert(7)"),
                Link(LinkKind.CODE, 'https://example.org/"><script>alert(8)</script>'),
            ),
        ),
        record("2607.90002", "Without Authors", "Nobody signed this.", listed_on=day, authors=()),
        record("2607.90003", "With Three Hundred Authors", "All signed this.", listed_on=day,
               authors=crowd, votes=9),
        record("2607.90004", "W" * 180, "unbroken" * 60 + " end", listed_on=day),
        record("2607.90005", "面向长文本的潮汐注意力机制研究", "本文提出一种新的方法，" * 40, listed_on=day,
               authors=("李明", "王芳")),
        record("2607.90006", "انتباه المد والجزر للنصوص الطويلة", "نقترح طريقة جديدة. " * 20,
               listed_on=day, authors=("ليلى حداد",)),
        record("2607.90007", "On $\\alpha$-Divergence, 100% of {BERT} & Fr\\'echet_2 #5",
               "We bound $\\int_0^\\infty e^{-x^2} dx \\leq \\sum_{k=1}^{n} \\frac{a_k^2 + b_k^2}{c_k} "
               "\\cdot \\left( \\prod_{j \\neq k} \\lVert x_j - x_k \\rVert_2 \\right)$ and "
               "$$E = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$$ and $\\unknowncommand{x}$ "
               "and broken $\\frac{a}$ here.",
               listed_on=day, authors=("Kurt Gödel", "Research and Development Group")),
        record("2607.90008", "A Very Long Abstract", "Sentence with $x^2$ in it. " * 40_000,
               listed_on=day),
        record(None, "A Paper with a Journal's Name", "Known by its DOI only.", listed_on=day,
               doi="10.5555/journal(2026)/12", source="corpus", categories=()),
        record("cs/0112017", "A Paper from the Old Days", "Its id has a slash.", listed_on=day,
               categories=("cs.CL",)),
    ]  # fmt: skip


def library() -> list[PaperRecord]:
    """Thirty papers of today, smaller editions before, and the hostile ones in July."""
    records = edition(TODAY, 30, first=100)
    for days, size in ((1, 6), (2, 5), (4, 4), (9, 3)):
        records += edition(TODAY - timedelta(days=days), size, first=1000 * days)
    return records + hostile()
