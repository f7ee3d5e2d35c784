"""arXiv's OAI-PMH interface: every record changed since a day, and windows of the past.

The days are those of the last change (`datestamp`); OAI-PMH cannot be asked by submission or
announcement. Protocol: openarchives.org/OAI/openarchivesprotocol.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.live.arxiv_oai_records import DeletedRecord, record_of, rejected
from broadsheet.sources.live.calendars import ArxivCalendar, is_announcement_day
from broadsheet.sources.live.harvesting import Batch, Cursor, Fetch, Options, SourceKind
from broadsheet.sources.live.xml_answers import elements, read

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_WANTED = frozenset(
    f"{_OAI}{name}" for name in ("record", "resumptionToken", "error", "responseDate")
)
_FORMATS = ("arXivRaw", "arXiv")
EARLIEST = date(2005, 9, 16)
"""arXiv refuses an earlier `from`."""
WINDOW = timedelta(days=7)
"""How far back the first harvest of a day goes, for records that came late."""
_MOST_NAMED = 5
_DAY = timedelta(days=1)
_ACCEPT = "text/xml, application/xml;q=0.9, */*;q=0.1"


@dataclass(slots=True)
class _Page:
    """One answer: records, where the list goes on, and what the service said about itself."""

    records: list[PaperRecord] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    token: str = ""
    error: str = ""
    reason: str = ""
    answered_on: date | None = None

    @property
    def batch_on(self) -> date | None:
        """The newest day of change on which arXiv announces papers; edits happen on all days."""
        days = (day for day in self.days if is_announcement_day(day - _DAY))
        return max(days, default=None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was listed, not even something that cannot be used."""
        return not (self.records or self.rejects or self.deleted)


@dataclass(frozen=True, slots=True)
class _Step:
    """One answer of a window, and what the cursor says of the window after it.

    `position` holds the set and the token to go on with; it is empty after the last answer.
    """

    page: _Page
    position: dict[str, str]
    note: str


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """Records changed since the last harvest; since seven days ago in the first one of a day.

    With a first and a last day in the options, or a last day in the cursor, only that window.
    """
    if (options.get("from") and options.get("until")) or cursor.get("until"):
        yield from backfill(fetch, options, cursor, now)
        return
    today = now.astimezone(UTC).date()
    is_going_on = bool(cursor.get("set") is not None and cursor.get("window_on"))
    start = _start(options, cursor, today, is_going_on=is_going_on)
    known = {
        "from": start.isoformat(),
        "window_on": cursor["window_on"] if is_going_on else today.isoformat(),
        "next": cursor["next"] if is_going_on and cursor.get("next") else "",
    }
    window = _Window(fetch, options, today, start)
    for step in window.steps(cursor if is_going_on else {}):
        known["next"] = known["next"] or (step.page.answered_on or today).isoformat()
        done = {"from": known["next"], "window_on": known["window_on"]}
        yield _batch(step, {**known, **step.position} if step.position else done)


def _start(options: Options, cursor: Cursor, today: date, *, is_going_on: bool) -> date:
    if not cursor.get("from"):
        first = options.get("from", "")
        return max(_day(first, "from"), EARLIEST) if first else today - WINDOW
    known = _day(str(cursor["from"]), "from")
    if is_going_on or cursor.get("window_on") == today.isoformat():
        return known
    return max(min(known, today - WINDOW), EARLIEST)


def backfill(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """Records last changed from one day until another (default: today), month by month.

    The first day is `from` of the options, the last `until`; the cursor says how far it is, and
    the note of a month's last batch names the month. All papers submitted since a day are among
    those changed since it, so a window that ends today misses none of them.
    """
    today = now.astimezone(UTC).date()
    first = options.get("from") or str(cursor.get("first") or cursor.get("from") or "")
    if not first:
        raise SourceError("A backfill needs a first day, such as --from 2024-01-01.")
    last = options.get("until") or str(cursor.get("until") or "")
    end = min(_day(last, "until"), today) if last else today
    if cursor.get("first", first) != first:
        cursor = {}
    start = max(_day(str(cursor.get("from") or first), "from"), EARLIEST)
    kept = {"first": first, "until": last} if last else {"first": first}
    while start <= end:
        to = _end_of_window(start, end, cursor)
        begun = {**kept, "from": start.isoformat(), "to": to.isoformat()}
        following = {**kept, "from": (to + _DAY).isoformat()}
        for step in _Window(fetch, options, today, start, to).steps(cursor):
            note = "" if step.position else f"through {to:%Y-%m}"
            yield _batch(step, {**begun, **step.position} if step.position else following, note)
        start, cursor = to + _DAY, following


def _end_of_window(start: date, end: date, cursor: Cursor) -> date:
    """The month's last day; in a window that was begun, the day it was begun with."""
    if cursor.get("set") is not None and cursor.get("to"):
        return _day(str(cursor["to"]), "to")
    following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return min(following - _DAY, end)


def _batch(step: _Step, cursor: Cursor, note: str = "") -> Batch:
    page = step.page
    return Batch(
        tuple(page.records),
        cursor,
        tuple(page.rejects),
        batch_on=page.batch_on,
        note=" ".join(filter(None, (step.note, _deleted(page.deleted), note))),
    )


def _deleted(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"Deleted at arXiv: {', '.join(names[:_MOST_NAMED])}{more}."


@dataclass(frozen=True, slots=True)
class _Window:
    """The days of change to ask for (without an end, up to now), and how to ask for them."""

    fetch: Fetch
    options: Options
    today: date
    start: date
    end: date | None = None

    def steps(self, cursor: Cursor) -> Iterator[_Step]:
        """The answers, set by set, from the set and token that the cursor names."""
        sets = self.options.get("set", "").split() or [""]
        begun, token = str(cursor.get("set")), str(cursor.get("token") or "")
        if begun not in sets:
            begun, token = sets[0], ""
        for place in range(sets.index(begun), len(sets)):
            following = {"set": sets[place + 1]} if place + 1 < len(sets) else {}
            for page, note in self._pages(sets[place], token):
                going_on = {"set": sets[place], "token": page.token}
                yield _Step(page, going_on if page.token else following, note)
            token = ""

    def _pages(self, set_name: str, token: str) -> Iterator[tuple[_Page, str]]:
        """The answers of one list; a token that has expired begins the list anew, once."""
        may_begin_anew = True
        note = ""
        while True:
            page, mended = self._page(set_name, token)
            if page.error == "badResumptionToken" and token and may_begin_anew:
                token, may_begin_anew = "", False
                note = "The resumption token had expired; the list was begun anew."
                continue
            _judge(page, token, self._host)
            yield page, " ".join(filter(None, (note, mended)))
            if not page.token:
                return
            token, note = page.token, ""

    def _page(self, set_name: str, token: str) -> tuple[_Page, str]:
        if token:
            asked = {"verb": "ListRecords", "resumptionToken": token}
        else:
            asked = self._first(set_name)
        reply = self.fetch(f"{self.options['url']}?{urlencode(asked)}", accept=_ACCEPT)
        return read(reply.body, self._host, lambda body: read_page(body, self.today))

    def _first(self, set_name: str) -> dict[str, str]:
        asked = {
            "verb": "ListRecords",
            "metadataPrefix": _format(self.options),
            "from": self.start.isoformat(),
            "until": self.end.isoformat() if self.end else "",
            "set": set_name,
        }
        return {name: value for name, value in asked.items() if value}

    @property
    def _host(self) -> str:
        return urlsplit(self.options["url"]).hostname or "The service"


def _judge(page: _Page, asked: str, host: str) -> None:
    """Raises SourceError for all answers that are neither records nor a quiet day."""
    if page.error == "noRecordsMatch":
        return
    if page.error == "badResumptionToken":
        raise SourceError(f"{host} does not know its own resumption tokens.", permanent=False)
    if page.error:
        reason = page.reason.rstrip(".") or "no reason given"
        raise SourceError(
            f"{host} refuses the request ({page.error}): {reason}. "
            "Check the options “set”, “format”, “from” and “until”."
        )
    if page.is_empty:
        raise SourceError(
            f"{host} sent a list without records and did not say that there are none.",
            permanent=False,
        )
    if asked and page.token == asked:
        raise SourceError(f"{host} gives the same resumption token twice.", permanent=False)


def read_page(body: bytes, today: date) -> _Page:
    """What one answer says. Raises ParseError, and SourceError for XML of another kind."""
    page = _Page()
    number = 0
    for number, element in enumerate(elements(body, _WANTED), 1):
        name = element.tag.removeprefix(_OAI)
        if name == "record":
            _take(page, element, number, today)
        elif name == "resumptionToken":
            page.token = (element.text or "").strip()
        elif name == "responseDate":
            page.answered_on = _day_of_answer(element.text or "", today)
        else:
            page.error = element.get("code", "without code")
            page.reason = " ".join((element.text or "").split())
    if not number:
        raise SourceError("The answer is XML, but not of OAI-PMH.", permanent=False)
    return page


def _take(page: _Page, element: Element, number: int, today: date) -> None:
    try:
        record = record_of(element, today)
    except DeletedRecord as deleted:
        page.deleted.append(deleted.record_id)
        return
    except RecordError as error:
        page.rejects.append(rejected(element, number, error))
        return
    page.records.append(record)
    if stamp := record.extras.get("update_date"):
        page.days.add(date.fromisoformat(stamp))


def _day_of_answer(value: str, today: date) -> date | None:
    """The day of the service's clock, which the next harvest starts from; never a later one."""
    try:
        return min(date.fromisoformat(value.strip()[:10]), today)
    except ValueError:
        return None


def _day(value: str, name: str) -> date:
    try:
        return date.fromisoformat(value.strip())
    except ValueError as error:
        raise SourceError(f"“{name}” is no day: {value[:40]}. Write it as 2024-01-31.") from error


def _format(options: Options) -> str:
    found = options.get("format") or _FORMATS[0]
    if found not in _FORMATS:
        raise SourceError(f"The option “format” is {found}; it can be {' or '.join(_FORMATS)}.")
    return found


SOURCE = SourceKind(
    name="arxiv-oai",
    title="arXiv (OAI-PMH)",
    about="All of arXiv's metadata, each night: new and changed papers, withdrawals, licences.",
    hosts=("oaipmh.arxiv.org", "export.arxiv.org", "arxiv.org"),
    pause_seconds=3.0,
    calendar=ArxivCalendar(delay_minutes=150),
    harvest=harvest,
    options={
        "url": ("https://oaipmh.arxiv.org/oai", "Address of the interface."),
        "format": ("arXivRaw", "arXivRaw, with exact dates and versions, or arXiv."),
        "set": ("", "Sets such as cs or cs:cs:AI, separated by blanks; empty for all of arXiv."),
        "from": ("", "First day of change to harvest; empty for seven days before the start."),
        "until": ("", "Last day of change; with it only this window is harvested."),
    },
)
