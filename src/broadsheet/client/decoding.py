"""JSON to the shapes, by their annotations.

Members that a shape does not know are left aside: a client goes on working with a newer server.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
_NUMBERS: dict[type, tuple[type, ...]] = {float: (int, float), int: (int,)}


def decoded(shape: type[T], value: Any) -> T:
    """The value as the shape; raises ValueError that names the member which does not fit."""
    return cast("T", _reader(cast("Any", shape))(value))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """The function that reads JSON of one kind; made once for each."""
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        inner = _reader(next(part for part in get_args(kind) if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _tuple_reader(_reader(get_args(kind)[0]))
    if is_dataclass(kind):
        return _shape_reader(cast("type", kind))
    if kind in {date, datetime}:
        return _moment_reader(kind)
    return _plain_reader(kind)


def _tuple_reader(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _misfit("a list", value)
        return tuple(map(inner, value))

    return read


def _shape_reader(shape: type) -> Callable[[Any], Any]:
    hints = get_type_hints(shape)
    readers = {field.name: _reader(hints[field.name]) for field in fields(shape)}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _misfit("an object", value)
        found = {}
        for name, reader in readers.items():
            try:
                found[name] = reader(value[name])
            except KeyError as error:
                message = f"{name} is missing"
                raise ValueError(message) from error
            except ValueError as error:
                message = f"{name}: {error}"
                raise ValueError(message) from error
        return shape(**found)

    return read


def _moment_reader(kind: type[date]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise _misfit("a date as text", value)
        return kind.fromisoformat(value)

    return read


def _plain_reader(kind: type) -> Callable[[Any], Any]:
    allowed = _NUMBERS.get(kind, (kind,))

    def read(value: Any) -> Any:
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise _misfit(kind.__name__, value)
        return kind(value)

    return read


def _misfit(wanted: str, value: Any) -> ValueError:
    return ValueError(f"{wanted} was expected, not {str(value)[:60]!r}")
