"""Readings of all live sessions of a context as one blob: a checkpoint is one row, however many tunnels there are.

A line of JSON says what follows: columns, each of all readings. A column of whole numbers is packed in 4 or 8 octets
each, any other is JSON. Ten thousand readings of 23 counters cost a third of what they cost as rows of JSON, and are
read back under the names of their counters, so that a later release may count more.
"""

import json
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from typing import Any, TypeAlias

from collector.errors import LedgerError
from collector.model import COUNTED, Counts, Level, Reading

_Column: TypeAlias = Sequence[Any]


def encode_readings(readings: Sequence[Reading]) -> bytes:
    """Return readings as a blob."""
    groups: dict[int, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(len(reading.values), []).append(reading)
    headers, parts = [], []
    for group in groups.values():
        columns = [_pack(column) for column in _columns(group)]
        carried = {place: one.carried for place, one in enumerate(group) if one.carried}
        headers.append([len(group), [(code, len(data)) for code, data in columns], carried])
        parts += [data for _, data in columns]
    header = {"counted": COUNTED, "order": sys.byteorder, "groups": headers}
    return b"".join([json.dumps(header).encode(), b"\n", *parts])


def _columns(group: list[Reading]) -> Iterator[_Column]:
    yield [one.number for one in group]
    yield [one.seen_at for one in group]
    yield from zip(*[one.values for one in group], strict=True)


def _pack(column: _Column) -> tuple[str, bytes]:
    if column.count(None) == len(column):
        return "", b""
    for code in "d" if isinstance(column[0], float) else "IQ":
        # Looking whether all values fit would cost more than trying.
        with suppress(TypeError, OverflowError):
            return code, array(code, column).tobytes()
    return "json", json.dumps(column).encode()


def decode_readings(blob: bytes, levels: Mapping[int, Level]) -> tuple[Reading, ...]:
    """Return the readings in a blob that are of certain sessions.

    Args:
        blob: what `encode_readings` made.
        levels: by number of the session; readings of others are left out.

    Raises:
        LedgerError: the blob is damaged.
    """
    try:
        return tuple(_decoded(blob, levels))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise LedgerError(f"readings are damaged: {error}") from error


def _decoded(blob: bytes, levels: Mapping[int, Level]) -> Iterator[Reading]:
    line, _, rest = blob.partition(b"\n")
    header = json.loads(line)
    swap = header["order"] != sys.byteorder
    counted = None if header["counted"] == _COUNTED_NOW else header["counted"]
    place = 0
    for size, columns, carried in header["groups"]:
        unpacked = []
        for code, length in columns:
            unpacked.append(_unpack(code, rest[place : place + length], size, swap=swap))
            place += length
        numbers, times, *values = unpacked
        rows = zip(*values, strict=True) if values else repeat((), size)
        for position, (number, seen_at, row) in enumerate(zip(numbers, times, rows, strict=True)):
            if number in levels:
                more = tuple(carried.get(str(position), ()))
                yield Reading(
                    number=number,
                    seen_at=seen_at,
                    values=_as_counted_now(row, levels[number], counted),
                    carried=_as_counted_now(more, levels[number], counted),
                )


_COUNTED_NOW = json.loads(json.dumps(COUNTED))


def _unpack(code: str, data: bytes, size: int, *, swap: bool) -> _Column:
    if code == "json":
        column: list[Any] = json.loads(data)
        return column
    if not code:
        return [None] * size
    packed: array[Any] = array(code)
    packed.frombytes(data)
    if swap:
        packed.byteswap()
    return packed


def _as_counted_now(values: Counts, level: Level, counted: Mapping[str, Sequence[str]] | None) -> Counts:
    if counted is None or not values:
        return values
    by_name = dict(zip(counted[level], values, strict=True))
    return tuple(by_name.get(name) for name in COUNTED[level])
