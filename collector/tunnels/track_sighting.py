"""A few rows that were read by themselves, because the device said that something has happened to them."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

from collector.model import (
    Endpoint,
    Entity,
    IkeIdentity,
    IkePeerTunnel,
    IkePolicyMap,
    InterfaceTunnel,
    IpsecPolicyMap,
    Level,
    Sighting,
    Snapshot,
    Spi,
)
from collector.tunnels.join import Rows, Steps, run, sort_rows
from collector.tunnels.merge import last_arc
from collector.tunnels.track_followed import News
from collector.tunnels.track_level import follow_closely
from collector.tunnels.track_rows import Poll
from collector.tunnels.track_state import LIVE, Followed, Sight
from collector.tunnels.track_work import Work

_NAMING: dict[Level, dict[type[Entity], str]] = {
    "child": dict.fromkeys((Endpoint, Spi, IpsecPolicyMap, InterfaceTunnel, IkePeerTunnel), "child_index"),
    "ike": dict.fromkeys((IkePolicyMap, IkeIdentity), "ike_index"),
}
"""What belongs to the rows of a level, and the field that names the row."""
_READ_WITH_ROWS = frozenset({Endpoint, Spi})
"""What is always read with the rows that it belongs to."""


def can_be_taken_in(work: Work, sighting: Sighting) -> bool:
    """Whether rows alone say enough: their module has answered, and nothing else lists SAs of their level."""
    key = sighting.origin.source, sighting.origin.module
    followed = work.followed_of(sighting.level)
    listing = [each for each in work.answering() if LIVE[sighting.level] in work.modules[each].kinds]
    return (
        followed is not None
        and [followed.module] == listing == [key]
        and (work.clock.boot_at is None or followed.taken_at >= work.clock.boot_at)
    )


def take_in_rows(work: Work, sighting: Sighting) -> Steps[None]:
    """Follow rows that were read by themselves; those that were asked for and are not there are over."""
    level, key = sighting.level, (sighting.origin.source, sighting.origin.module)
    followed = work.followed_of(level)
    if followed is None:
        raise AssertionError("it was looked before")
    work.modules[key] = work.modules[key]._replace(rows=_replaced(work.modules[key].rows, sighting))
    work.sight = Sight()
    poll = Poll(
        key,
        sighting.taken_at,
        sighting.duration_seconds,
        complete=True,
        boot_at=work.clock.boot_at,
        answering=work.answering(),
        only=sighting.indexes,
    )
    vague, unidentified = work.vague[level], work.unidentified.get(level, 0)
    rows = [row for row in sighting.entities if isinstance(row, LIVE[level])]
    asked = frozenset(map(str, sighting.indexes))
    kept = {index: row for index, row in followed.rows.items() if _last(index) not in asked}
    touched = {owner for index, owner in followed.owners.items() if owner and index not in kept}
    news = News(kept, rows, touched, followed.selectors)
    yield from follow_closely(work, level, followed, poll, news)
    # What was not read is as it was.
    work.follow(level, _still(followed, news))
    work.vague[level], work.unidentified[level] = {**vague, **work.vague[level]}, unidentified


def _still(followed: Followed, news: News) -> Followed:
    """Return what merely went on when all rows were read last, and was not touched since."""
    owners = {index: owner for index, owner in followed.owners.items() if index in news.kept}
    indexes = {owner: index for index, owner in owners.items() if owner}
    return followed._replace(rows=news.kept, owners=owners, indexes=indexes)


def amended(snapshot: Snapshot, sightings: Iterable[Sighting]) -> Snapshot:
    """Return what a poll saw, with the rows that were read by themselves since it began as these were then.

    The poll may have read them before; what is over would be taken for another beginning.
    """
    for sighting in sightings:
        if sighting.origin == snapshot.origin and sighting.taken_at >= snapshot.taken_at and snapshot.error is None:
            rows = _replaced(run(sort_rows(snapshot)), sighting)
            snapshot = replace(snapshot, entities=tuple(chain.from_iterable(rows.values())))
    return snapshot


def _replaced(rows: Rows, sighting: Sighting) -> Rows:
    """Return all rows of a module, these as they are now.

    What belongs to a row that is still there and was not read (tables whose index begins with something else) stays.
    """
    fresh: dict[type[Entity], list[Any]] = {}
    for entity in sighting.entities:
        fresh.setdefault(type(entity), []).append(entity)
    live, asked = LIVE[sighting.level], frozenset(map(str, sighting.indexes))
    gone = sighting.indexes - {last_arc(row.index) for row in fresh.get(live, ())}
    others = [row for row in rows.get(live, ()) if _last(row.index) not in asked]
    now: dict[type[Entity], list[Any]] = {live: [*others, *fresh.get(live, ())]}
    for kind, name in _NAMING[sighting.level].items():
        if kind in rows or kind in fresh:
            left_out = sighting.indexes if kind in fresh or kind in _READ_WITH_ROWS else gone
            others = [row for row in rows.get(kind, ()) if getattr(row, name) not in left_out]
            now[kind] = [*others, *fresh.get(kind, ())]
    return {**rows, **now}


def _last(index: str) -> str:
    """Return the last number of an index as text: a third of what reading it as a number costs."""
    return index.rpartition(".")[2]
