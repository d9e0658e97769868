"""What following the tunnels of a context counts, as rows of their subjects."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import starmap
from operator import attrgetter
from typing import Any, NamedTuple

from collector.model import Level, State
from collector.tunnels import TrackedTunnels
from exporters.families import tallies
from exporters.families.declare import Subject


class StateTally(NamedTuple):
    """Tunnels of one level that are in one state."""

    level: Level
    state: State
    tunnels: int


class ReasonTally(NamedTuple):
    """Ends or failures of one level that have one reason."""

    level: Level
    reason: str | None
    times: int


class GapTally(NamedTuple):
    """Gaps of one kind."""

    kind: str
    times: int


class UnidentifiedTally(NamedTuple):
    """Rows that belong to no tunnel."""

    rows: int


_STATES: tuple[State, ...] = ("up", "down", "idle", "unknown")


def tally_rows(tunnels: TrackedTunnels) -> Iterator[tuple[Subject, Sequence[Any]]]:
    """Yield subjects and their rows."""
    levels: dict[Level, Counter[State]] = {
        "child": Counter(map(_STATE, tunnels.children)),
        "ike": Counter(map(_STATE, tunnels.ikes)),
    }
    yield (
        tallies.STATES,
        [StateTally(level, state, counts[state]) for level, counts in levels.items() for state in _STATES],
    )
    yield tallies.ENDS, list(starmap(ReasonTally, tunnels.ends))
    yield tallies.FAILED, list(starmap(ReasonTally, tunnels.failures))
    yield tallies.UNIDENTIFIED, [UnidentifiedTally(tunnels.unidentified_rows)]
    yield tallies.GAPS, list(starmap(GapTally, tunnels.gaps))


_STATE = attrgetter("state")
