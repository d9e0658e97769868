"""The latest snapshot of every origin, and what its polls have cost since the daemon began.

Polls publish and scrapes read in one event loop, without locks: a record is never changed, only replaced, so whoever
holds one holds a consistent account of one moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from collector.model import Origin, PollCosts, Snapshot

MAX_FAULT_KINDS = 32
"""Kinds of protocol faults that are told apart per origin."""
OTHER_FAULTS = "other"
"""The kind that counts the faults of all further kinds."""


class ContextKey(NamedTuple):
    """What tunnels are told apart by before anything else."""

    target: str
    vrf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """What is known of one origin after its latest poll: counts are since its first one."""

    snapshot: Snapshot
    """The latest one, even if it is only an error."""
    polls: int = 1
    failures: int = 0
    last_success_at: float | None = None
    """Unix time at the start of the latest poll that succeeded."""
    requests: int = 0
    retries: int = 0
    timeouts: int = 0
    varbinds: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    decode_errors: int = 0
    faults: tuple[tuple[str, int], ...] = ()
    """What the agent did against its protocol, by kind and how often."""

    @property
    def success(self) -> bool:
        """Whether the latest poll succeeded."""
        return self.snapshot.error is None

    @property
    def missing_tables(self) -> int:
        """How many tables of the module the target does not have."""
        return len(self.snapshot.missing)


class Store:
    """Keeps one record per origin, of at most `max_origins` origins; what is beyond is refused and counted."""

    def __init__(self, *, max_origins: int = 100_000) -> None:
        self._max_origins = max_origins
        self._configured: frozenset[Origin] | None = None
        self._contexts: dict[ContextKey, dict[Origin, PollRecord]] = {}
        self._origins = 0
        self.refused = 0
        """Snapshots that were not taken: their origin is not configured (any more), or one too many."""

    def configure(self, origins: Iterable[Origin]) -> None:
        """Take snapshots of these origins only, and forget all others; before the first call any origin is taken."""
        self._configured = frozenset(origins)
        for key, records in list(self._contexts.items()):
            for origin in [origin for origin in records if origin not in self._configured]:
                del records[origin]
                self._origins -= 1
            if not records:
                del self._contexts[key]

    def publish(self, snapshot: Snapshot) -> bool:
        """Let a snapshot replace the last one of its origin; return whether it was taken."""
        origin = snapshot.origin
        records = self._contexts.get(ContextKey(origin.target, origin.vrf), {})
        before = records.get(origin)
        if before is None and not self._has_room_for(origin):
            self.refused += 1
            return False
        self._origins += before is None
        records[origin] = _account(before, snapshot)
        self._contexts[ContextKey(origin.target, origin.vrf)] = records
        return True

    def _has_room_for(self, origin: Origin) -> bool:
        return self._origins < self._max_origins and (self._configured is None or origin in self._configured)

    def record(self, origin: Origin) -> PollRecord | None:
        """Return what is known of an origin, if it was polled."""
        return self._contexts.get(ContextKey(origin.target, origin.vrf), {}).get(origin)

    def contexts(self) -> dict[ContextKey, tuple[PollRecord, ...]]:
        """Return the records of all contexts, as of now: later polls do not change what is returned."""
        return {key: tuple(records.values()) for key, records in self._contexts.items()}

    def awaited(self) -> frozenset[Origin]:
        """Return the configured origins that were neither polled nor failed yet."""
        return frozenset(origin for origin in self._configured or () if self.record(origin) is None)


def _account(before: PollRecord | None, snapshot: Snapshot) -> PollRecord:
    last = before or PollRecord(snapshot=snapshot, polls=0)
    costs = snapshot.costs
    failed = snapshot.error is not None
    return PollRecord(
        snapshot=snapshot,
        polls=last.polls + 1,
        failures=last.failures + failed,
        last_success_at=last.last_success_at if failed else snapshot.taken_at,
        requests=last.requests + costs.requests,
        retries=last.retries + costs.retries,
        timeouts=last.timeouts + costs.timeouts,
        varbinds=last.varbinds + costs.varbinds,
        sent_bytes=last.sent_bytes + costs.sent_bytes,
        received_bytes=last.received_bytes + costs.received_bytes,
        decode_errors=last.decode_errors + costs.decode_errors,
        faults=_count_faults(last.faults, costs),
    )


def _count_faults(before: tuple[tuple[str, int], ...], costs: PollCosts) -> tuple[tuple[str, int], ...]:
    if not costs.faults:
        return before
    counts = dict(before)
    for kind, times in costs.faults:
        known = kind in counts or len(counts) < MAX_FAULT_KINDS
        counted_as = kind if known else OTHER_FAULTS
        counts[counted_as] = counts.get(counted_as, 0) + times
    return tuple(counts.items())
