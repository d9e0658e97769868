"""One request of a walk: how cursors are put together in it, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from collector.wire.snmp import ErrorStatus, PduType, Varbind
from collector.wire.walk_cursor import Cursor
from collector.wire.walk_limits import LEAST_OCTETS, SMALLEST, Limits

_MOST_OCTETS = 1200
"""Requests fit into one packet of any path, SNMPv3's parameters included."""
_VARBIND_OCTETS = 6
"""What a varbind of a request has beside its OID."""
_MESSAGE_OCTETS = 100
_UNLIMITED = 1 << 30


def error_name(status: int) -> str:
    """Return an error-status as RFC 3416 calls it, or `error-<number>`."""
    try:
        return ErrorStatus(status).name
    except ValueError:
        return f"error-{status}"


@dataclass(slots=True)
class Answer:
    """What a response says, and how it came."""

    error_status: int
    error_index: int
    varbinds: Sequence[Varbind]
    octets: int
    """Of the whole message."""
    retried: bool = False
    """Whether the request was sent more than once."""
    slow: bool = False
    """Whether it took a good part of the time that the request had."""


@dataclass(slots=True, eq=False)
class Request:
    """What to send; comes back to its walk with an answer or without one."""

    type: PduType
    oids: list[bytes]
    repetitions: int = 0
    """max-repetitions of a GET_BULK; 0 in the others."""
    cursors: list[Cursor] = field(default_factory=list)
    octets: int = _MESSAGE_OCTETS
    """How large the response is likely to be."""
    small: bool = False
    """Whether every agent that lives is expected to answer."""
    answers_before: int = 0

    @property
    def rows(self) -> int:
        """How many rows it asks for."""
        return max(self.repetitions, 1)

    @property
    def varbinds(self) -> int:
        """How many varbinds may answer it."""
        return len(self.oids) * self.rows


def is_cut_for_no_reason(request: Request, answer: Answer) -> bool:
    """Whether a response lacks varbinds of its first row, or ends within a row although it is not large."""
    got, count = len(answer.varbinds), len(request.cursors)
    return got < count or (got % count > 0 and got < request.varbinds and answer.octets < LEAST_OCTETS)


class Batch:
    """Cursors that are asked for in one request with one number of repetitions, within what the agent can answer."""

    __slots__ = (
        "_limits",
        "_most_cursors",
        "_octets",
        "_request_octets",
        "_response_octets",
        "_varbinds",
        "cursors",
        "rows",
    )

    def __init__(self, limits: Limits) -> None:
        self.cursors: list[Cursor] = []
        self.rows = 0
        self._limits = limits
        self._varbinds = limits.varbinds if limits.proven else min(limits.varbinds, SMALLEST)
        self._octets = self._response_octets = limits.response_octets
        self._request_octets = _MOST_OCTETS
        self._most_cursors = _UNLIMITED

    def most_varbinds(self, octets_per_varbind: float) -> int:
        """Return how many varbinds of this size may be asked for if there is nothing else in the request."""
        return max(min(self._varbinds, int(self._octets / octets_per_varbind)), 1)

    def most_columns(self, oid_octets: int) -> int:
        """Return for how many more OIDs of this size there is room in the request."""
        return self._request_octets // (oid_octets + _VARBIND_OCTETS)

    def room(self, rows: int, octets_per_varbind: float, oid_octets: int) -> int:
        """Return how many more cursors fit that want so many rows."""
        if not self.cursors:
            return self.most_varbinds(octets_per_varbind) // rows
        if not self.rows // 2 < rows <= self.rows:
            return 0
        return min(
            self._varbinds // self.rows - len(self.cursors),
            int(self._octets / (self.rows * octets_per_varbind)),
            self.most_columns(oid_octets),
            self._most_cursors - len(self.cursors),
        )

    def add(self, cursors: list[Cursor], rows: int, octets_per_varbind: float, oid_octets: int) -> None:
        """Put cursors in; the first ones settle the number of repetitions."""
        self.rows = self.rows or rows
        self.cursors += cursors
        self._octets -= len(cursors) * self.rows * octets_per_varbind
        self._request_octets -= len(cursors) * (oid_octets + _VARBIND_OCTETS)

    def take(self, cursor: Cursor, rows: int) -> bool:
        """Put a single cursor in if there is room for it."""
        octets_per_varbind, oid_octets = cursor.octets_per_varbind, len(cursor.oid)
        if not self.cursors:
            rows = min(rows, self.most_varbinds(octets_per_varbind))
        elif cursor.most_columns <= len(self.cursors) or self.room(rows, octets_per_varbind, oid_octets) < 1:
            return False
        self.add([cursor], rows, octets_per_varbind, oid_octets)
        self._most_cursors = min(self._most_cursors, cursor.most_columns)
        return True

    def request(self, *, bulk: bool) -> Request:
        """Return the request for the cursors."""
        return Request(
            PduType.GET_BULK if bulk else PduType.GET_NEXT,
            [cursor.oid for cursor in self.cursors],
            self.rows if bulk else 0,
            self.cursors,
            octets=_MESSAGE_OCTETS + max(int(self._response_octets - self._octets), 0),
            small=self._limits.expects_answer(len(self.cursors) * self.rows, self.rows),
        )
