"""From counters that wrap and begin anew to amounts that only grow.

A counter that fell has wrapped or has begun anew, and what it said between is not told. Counters of 32 bits wrap one at
a time, long after each other; when counters begin anew they all do. So a fall is a wrap where the counter was in the
upper half of 32 bits, would have advanced less than half of them, and traffic counters that did not fall say that
traffic went on. All else is a new beginning, of which it is not known how much was counted before it: the sum is then a
lower bound.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from collector.model import COUNTED, Counts, Level

WRAP = 1 << 32
HALF = 1 << 31

_WITNESSES = ("receive_bytes", "receive_packets", "transmit_bytes", "transmit_packets")
"""What moves whenever a tunnel carries anything."""
_WITNESSES_AT = {level: tuple(map(names.index, _WITNESSES)) for level, names in COUNTED.items()}
_READERS: dict[Level, Callable[[Any], Counts]] = {level: attrgetter(*names) for level, names in COUNTED.items()}
REFRESHES = {level: names.index("refreshes") for level, names in COUNTED.items()}
"""Where a level counts its rekeys."""


RECEIVED, SENT = COUNTED["child"].index("receive_bytes"), COUNTED["child"].index("transmit_bytes")
"""Where the level of CHILD SAs counts octets."""


class Advance(NamedTuple):
    """How counters went on from one reading to the next."""

    reading: Counts
    """The new reading; what is absent in it is as before."""
    carried: Counts
    """What is to be added to it from now on; empty for nothing."""
    began_anew: bool
    """Whether a counter began anew, so that the sum is a lower bound."""


def read(level: Level, row: Any) -> Counts:  # noqa: ANN401 - an SA of that level, live or closed
    """Read the counters of a row; a closed SA has no `expired_sas`."""
    return _READERS[level](row)


def read_closed(level: Level, row: Any) -> Counts:  # noqa: ANN401 - a closed SA of that level
    """Read the counters of a closed SA, as far as it has them."""
    return tuple(getattr(row, name, None) for name in COUNTED[level])


def went_on(before: Counts, now: Counts) -> bool:
    """Whether no counter fell and none is newly absent: the ordinary case, told quickly."""
    if not before:
        return False
    for b, n in zip(before, now, strict=True):  # noqa: SIM110 - a generator takes twice as long
        # Of a counter that is absent or does not move both are the same object.
        if b is not n and b is not None and (n is None or n < b):
            return False
    return True


def advance(level: Level, before: Counts, now: Counts, carried: Counts) -> Advance:
    """Tell how counters went on from `before`, to which `carried` was to be added, to `now`.

    Where `before` is empty, not known, only `carried` is certain.
    """
    if not before:
        rest = tuple(max((c or 0) - (n or 0), 0) for c, n in zip(carried, now, strict=True))
        return Advance(now, rest if any(rest) else (), began_anew=any(rest))
    reading = tuple(b if n is None else n for b, n in zip(before, now, strict=True))
    fallen = [at for at, (b, n) in enumerate(zip(before, reading, strict=True)) if _fell(b, n)]
    if not fallen:
        return Advance(reading, carried, began_anew=False)
    wrapped = _only_wrapped(level, before, reading, fallen)
    more = list(carried or (0,) * len(reading))
    for at in fallen:
        more[at] = (more[at] or 0) + (WRAP if wrapped else before[at] or 0)
    return Advance(reading, tuple(more), began_anew=not wrapped)


def _fell(before: int | None, now: int | None) -> bool:
    return before is not None and now is not None and now < before


def _only_wrapped(level: Level, before: Counts, now: Counts, fallen: list[int]) -> bool:
    """Whether all falls are wraps: each may be one, and traffic counters that did not fall say that traffic went on."""
    if not all(_may_have_wrapped(before[at], now[at]) for at in fallen):
        return False
    return any((b := before[at]) and (n := now[at]) is not None and n >= b for at in _WITNESSES_AT[level])


def _may_have_wrapped(before: int | None, now: int | None) -> bool:
    return before is not None and now is not None and HALF <= before < WRAP and now + WRAP - before < HALF


class Final(NamedTuple):
    """What an SA carried in the end."""

    counts: Counts
    exact: bool
    """Whether history and readings agree; where they do not, the counts are a lower bound."""


def final(level: Level, reading: Counts, carried: Counts, closed: Counts) -> Final:
    """Settle what an SA carried from its last reading, what is to be added to that, and what the history says of it.

    Histories may count in 32 bits what live rows count in 64, or the other way round: one that says at least as much as
    was counted is believed as it is. One that says less than was read, and is not merely short of bits, is not.
    """
    counted = plus(reading, carried)
    if not reading:
        went_further = all(c is None or c >= (n or 0) for n, c in zip(counted, closed, strict=True))
        return Final(tuple(map(_greater, counted, closed)), exact=went_further)
    advanced = advance(level, reading, closed, ())
    if advanced.began_anew:
        return Final(tuple(map(_greater, counted, closed)), exact=False)
    went_on_to = plus(advanced.reading, advanced.carried, carried)
    return Final(tuple(map(_last, reading, counted, closed, went_on_to)), exact=True)


def _last(reading: int | None, counted: int | None, closed: int | None, went_on_to: int | None) -> int | None:
    if closed is None or closed >= (counted or 0):
        return went_on_to if closed is None else closed
    if reading is not None and reading < WRAP <= min(closed, (counted or 0) - reading):
        # It began anew, and the history has more bits: wraps since then are in both what it says and what was carried.
        return (counted or 0) + (closed - reading) % WRAP
    return went_on_to


def _greater(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


def plus(*many: Counts) -> Counts:
    """Add amounts; an empty one is nothing, what is absent in all of them stays absent."""
    told = [one for one in many if one]
    if len(told) <= 1:
        return told[0] if told else ()
    return tuple(_sum(values) for values in zip(*told, strict=True))


def minus(more: Counts, less: Counts) -> Counts:
    """Take one amount from another that is no smaller."""
    if not less:
        return more
    return tuple(None if m is None else m - (n or 0) for m, n in zip(more, less, strict=True))


def _sum(values: tuple[int | None, ...]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
