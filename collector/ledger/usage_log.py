"""What all tunnels of a context carried in a stretch of time, as one row: a step costs the same however many there are.

A line of JSON says what follows: names and peers, squeezed, and two columns of octets (see `packing`). Rows are written
once and never replaced, so that writing a step again adds nothing, not even after its row was folded (see `folding`).
"""

import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TypeAlias

from collector.errors import LedgerError
from collector.ledger.entries import Stretch
from collector.ledger.packing import pack, unpack
from collector.ledger.rows import Row, storable

Used: TypeAlias = tuple[str, str, int, int]
"""Tunnel, peer, octets received and octets sent."""
_columns = attrgetter("tunnel", "peer", "receive_bytes", "transmit_bytes")
_FASTEST = 1
_MAX_NAMES = 2**28
"""Octets that names may come to: what is damaged must not fill the memory."""


def stretch_row(stretch: Stretch) -> Row:
    """Return the row of a stretch."""
    _, _, received, sent = columns = tuple(zip(*map(_columns, stretch.usages), strict=True))
    return {
        "begins_at": stretch.begins_at,
        "seconds": stretch.seconds,
        "target": stretch.target,
        "vrf": stretch.vrf,
        "receive_bytes": storable(sum(received)),
        "transmit_bytes": storable(sum(sent)),
        "usages": _encoded(columns),
    }


def _encoded(columns: Sequence[Sequence[str | int]]) -> bytes:
    names = zlib.compress(json.dumps(columns[:2]).encode(), _FASTEST)
    packed = [pack(column) for column in columns[2:]]
    header = {
        "order": sys.byteorder,
        "size": len(columns[0]),
        "names": len(names),
        "columns": [(code, len(data)) for code, data in packed],
    }
    return b"".join([json.dumps(header).encode(), b"\n", names, *(data for _, data in packed)])


def usages_in(blob: bytes) -> Iterator[Used]:
    """Return what each tunnel carried.

    Raises:
        LedgerError: the blob is damaged.
    """
    try:
        return _decoded(blob)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, zlib.error) as error:
        raise LedgerError(f"usage is damaged: {error}") from error


def _decoded(blob: bytes) -> Iterator[Used]:
    line, _, rest = blob.partition(b"\n")
    header = json.loads(line)
    size, swap, place = header["size"], header["order"] != sys.byteorder, header["names"]
    tunnels, peers = json.loads(zlib.decompressobj().decompress(rest[:place], _MAX_NAMES))
    columns = []
    for code, length in header["columns"]:
        columns.append(unpack(code, rest[place : place + length], size, swap=swap))
        place += length
    received, sent = columns
    if {*map(type, tunnels), *map(type, peers)} != {str} or {*map(type, received), *map(type, sent)} != {int}:
        raise ValueError("columns are not of names and whole numbers")
    if not len(tunnels) == len(peers) == len(received) == len(sent) == size:
        raise ValueError("columns are not of one length")
    return zip(tunnels, peers, received, sent, strict=True)
