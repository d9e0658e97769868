"""What steps put on record, merged: of each row the latest version, so that many steps are one write."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from collector.model import Changes, ContextRecord, Failure, Gap, KnownTunnel, Reading, Session, Usage


class Forgotten(NamedTuple):
    """A tunnel whose row is to go."""

    tunnel: KnownTunnel


class Checkpoint(NamedTuple):
    """The readings of all live sessions of a context."""

    target: str
    vrf: str
    read_at: float
    readings: tuple[Reading, ...]


class Stretch(NamedTuple):
    """What tunnels of a context carried in one stretch of time; all that begin together and last as long are one."""

    target: str
    vrf: str
    begins_at: float
    seconds: float
    usages: tuple[Usage, ...]


class Context(NamedTuple):
    """Whose entries they are."""

    target: str
    vrf: str


Entry: TypeAlias = ContextRecord | KnownTunnel | Forgotten | Session | Failure | Gap | Stretch | Checkpoint
Key: TypeAlias = tuple[str | int | float, ...]
"""Kind of row, and its primary key within the context."""
Entries: TypeAlias = dict[Key, Entry]


def entries_of(changes: Changes) -> Iterator[tuple[Key, Entry]]:
    """Return what a step puts on record, each under the key of its row.

    A tunnel that is forgotten and known in one step is known after it.
    """
    if changes.record is not None:
        yield ("context",), changes.record
    for gone in changes.forgotten:
        yield ("tunnel", gone.level, gone.name, gone.peer), Forgotten(gone)
    for tunnel in changes.tunnels:
        yield ("tunnel", tunnel.level, tunnel.name, tunnel.peer), tunnel
    for session in changes.sessions:
        yield ("session", session.number), session
    for failure in changes.failures:
        yield ("failure", failure.number), failure
    for gap in changes.gaps:
        yield ("gap", gap.number), gap
    for (begins_at, seconds), usages in _stretches(changes.usages).items():
        stretch = Stretch(changes.target, changes.vrf, begins_at, seconds, tuple(usages))
        yield ("usage", begins_at, seconds), stretch
    if changes.readings is not None:
        yield ("readings",), Checkpoint(changes.target, changes.vrf, changes.at, changes.readings)


def _stretches(usages: Iterable[Usage]) -> dict[tuple[float, float], list[Usage]]:
    found: dict[tuple[float, float], list[Usage]] = {}
    for usage in usages:
        if usage.seconds > 0:
            found.setdefault((usage.begins_at, usage.seconds), []).append(usage)
    return found


def size_of(entry: Entry) -> int:
    """Return how much of what may wait an entry is: one, or the usages of a stretch."""
    return len(entry.usages) if isinstance(entry, Stretch) else 1


def merged(steps: Iterable[Changes]) -> dict[Context, Entries]:
    """Return what steps, in their order, put on record."""
    contexts: dict[Context, Entries] = {}
    for changes in steps:
        contexts.setdefault(Context(changes.target, changes.vrf), {}).update(entries_of(changes))
    return contexts
