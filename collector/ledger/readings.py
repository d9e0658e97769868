"""Readings of all live sessions of a context as one blob: a checkpoint is one row, however many tunnels there are.

A line of JSON says what follows: columns (see `packing`), each of all readings. Ten thousand readings of 23 counters
cost a third of what they cost as rows of JSON, and are read back under the names of their counters, so that a later
release may count more.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from collector.errors import LedgerError
from collector.ledger.packing import Column, pack, unpack
from collector.model import COUNTED, Counts, Level, Reading


def encode_readings(readings: Sequence[Reading]) -> bytes:
    """Return readings as a blob."""
    groups: dict[int, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(len(reading.values), []).append(reading)
    headers, parts = [], []
    for group in groups.values():
        columns = [pack(column) for column in _columns(group)]
        carried = {place: one.carried for place, one in enumerate(group) if one.carried}
        headers.append([len(group), [(code, len(data)) for code, data in columns], carried])
        parts += [data for _, data in columns]
    header = {"counted": COUNTED, "order": sys.byteorder, "groups": headers}
    return b"".join([json.dumps(header).encode(), b"\n", *parts])


def _columns(group: list[Reading]) -> Iterator[Column]:
    yield [one.number for one in group]
    yield [one.seen_at for one in group]
    yield from zip(*[one.values for one in group], strict=True)


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
            unpacked.append(unpack(code, rest[place : place + length], size, swap=swap))
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


def _as_counted_now(values: Counts, level: Level, counted: Mapping[str, Sequence[str]] | None) -> Counts:
    if counted is None or not values:
        return values
    by_name = dict(zip(counted[level], values, strict=True))
    return tuple(by_name.get(name) for name in COUNTED[level])
