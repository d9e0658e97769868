"""A few rows that were read by themselves, between two polls."""

from dataclasses import dataclass

from collector.model.base import Entity, Origin
from collector.model.records import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Rows of one level as they are at one moment, and what belongs to them; what is not asked for is not told."""

    origin: Origin
    level: Level
    indexes: frozenset[int]
    """What was asked for; a row of these that is not among the entities is not there."""
    taken_at: float
    """Unix time at the start of the reading."""
    duration_seconds: float
    entities: tuple[Entity, ...] = ()
