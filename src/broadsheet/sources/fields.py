"""Reading fields of other people's JSON objects: the type is checked, the text is cleaned.

What a field means is the matter of each format's module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError

LONGEST_TITLE = 2_000
EXCERPT = 200
_LARGEST_COUNT = 2**31 - 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff]")
_MONTH = re.compile(r"\d{4}-\d\d")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a file beyond its content.

    `listed_on` is the day the reader asked for and wins over everything; `named_on` is the day in
    the file's name. `source` replaces the name of the source that the format implies.
    """

    today: date
    listed_on: date | None = None
    named_on: date | None = None
    source: str | None = None


def fold(value: str) -> str:
    """The text on one line, without control characters.

    Raises RecordError where bytes of another encoding were read as UTF-8.
    """
    # Line ends alone, as in every wrapped abstract, need no cutting into words.
    plain = value.strip().replace("\n", " ")
    if plain.isprintable() and "  " not in plain:
        return plain
    # First the blanks, for tabs and line ends are control characters that part words.
    folded = " ".join(value.split())
    if folded.isprintable():
        return folded
    if _SURROGATE.search(folded):
        raise RecordError("The text is not UTF-8. Save the file as UTF-8 and import it again.")
    return " ".join(_CONTROL.sub("", folded).split())


def text(fields: Mapping[str, Any], name: str) -> str:
    """A text field, folded; empty where absent or null. Raises RecordError for other types."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordError(f"The field “{name}” is not a text.")
    return fold(value)


def texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts without the empty ones. Raises RecordError for other types."""
    values = fields.get(name)
    if not values:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RecordError(f"The field “{name}” is not a list of texts.")
    # One look at all of them, since nearly always there is nothing to clean.
    joined = f"|{'|'.join(values)}|"
    if joined.isprintable() and not any(sign in joined for sign in ("  ", "| ", " |", "||")):
        return tuple(values)
    return tuple(filter(None, map(fold, values)))


def count(fields: Mapping[str, Any], name: str) -> int | None:
    """A count from 0; None where the field holds no such number."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def whole_number(value: str, digits: int) -> int | None:
    """The number that a text of at most so many ASCII digits is; None for every other text.

    Python's own `int` raises ValueError beyond 4,300 digits and takes other scripts' digits.
    """
    is_number = len(value) <= digits and value.isascii() and value.isdecimal()
    return int(value) if is_number else None


def instant(fields: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO 8601 instant in UTC; a day or month alone means its first midnight.

    Raises RecordError for anything else.
    """
    value = text(fields, name)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(f"{value}-01" if _MONTH.fullmatch(value) else value)
        if found.tzinfo is None:
            return found.replace(tzinfo=UTC)
        return found if found.tzinfo is UTC else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RecordError(f"The field “{name}” is no date: {value[:40]}.") from error


def day(fields: Mapping[str, Any], name: str) -> date | None:
    """The day of an ISO 8601 date or instant. Raises RecordError for anything else."""
    found = instant(fields, name)
    return found.date() if found else None


def checked(record: PaperRecord, today: date) -> PaperRecord:
    """The record itself. Raises RecordError when no library should take it in."""
    if not record.title:
        raise RecordError("The record has no title.", record.record_id)
    if len(record.title) > LONGEST_TITLE:
        raise RecordError(
            f"The title has {len(record.title):,} characters, more than {LONGEST_TITLE:,}.",
            record.record_id,
        )
    _check_dates(record, today)
    if record.extras:
        try:
            orjson.dumps(record.extras)
        except TypeError as error:
            raise RecordError("The record is nested too deeply.", record.record_id) from error
    return record


def _check_dates(record: PaperRecord, today: date) -> None:
    # Two days leave room for time zones and for a clock that is a little wrong.
    latest = today + timedelta(days=2)
    instants = (record.submitted_at, record.updated_at)
    days = (record.announced_on, record.listed_on, *(value.date() for value in instants if value))
    for found in days:
        if found is not None and found > latest:
            raise RecordError(
                f"The record is dated {found}, which is in the future.", record.record_id
            )


def reason(error: RecordError | ValueError) -> str:
    """Why a record was set aside, as a sentence, also where a value broke the reader itself."""
    if isinstance(error, RecordError):
        return str(error)
    return f"The record holds a value that cannot be read: {excerpt(str(error)).rstrip('.')}."


def json_excerpt(value: object) -> str:
    """The start of a JSON value for the list of rejects; empty where it is nested too deeply."""
    try:
        return excerpt(orjson.dumps(value)[:1_000])
    except TypeError:
        return ""


def excerpt(value: str | bytes) -> str:
    """The start of a record for the list of rejects, on one line, at most 200 characters."""
    start = value[: 4 * EXCERPT]
    shown = start.decode("utf-8", "replace") if isinstance(start, bytes) else start
    shown = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", shown))
    return " ".join(shown.split())[:EXCERPT]
