"""Columns of many values as octets, where a row for each would cost too much."""

import json
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias

Column: TypeAlias = Sequence[Any]


def pack(column: Column) -> tuple[str, bytes]:
    """Return how a column is packed, and its octets: whole numbers take 4 or 8 each, anything else is JSON."""
    if column.count(None) == len(column):
        return "", b""
    for code in "d" if isinstance(column[0], float) else "IQ":
        # Looking whether all values fit would cost more than trying.
        with suppress(TypeError, OverflowError):
            return code, array(code, column).tobytes()
    return "json", json.dumps(column).encode()


def unpack(code: str, data: bytes, size: int, *, swap: bool) -> Column:
    """Return a column.

    Args:
        code: how it is packed.
        data: its octets.
        size: how many values it has.
        swap: whether it was packed on a machine of the other byte order.

    Raises: ValueError and others where it is damaged.
    """
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
