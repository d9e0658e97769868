"""How punctual polls are, as the schedule tells it: it moves even while no poll ends."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from collector.model import Origin


class Punctuality(Protocol):
    """How punctual the polls of one origin were, as the schedule tells it."""

    @property
    def started(self) -> int:
        """Polls that were started."""

    @property
    def late(self) -> int:
        """Polls that were skipped."""

    @property
    def lateness_seconds(self) -> float:
        """How long after its due time the latest one was started."""


class ScheduleRow(NamedTuple):
    """How punctual the polls of one origin were."""

    target: str
    vrf: str
    source: str
    module: str
    started: int
    late: int
    lateness_seconds: float


def schedule_rows(punctualities: Mapping[Origin, Punctuality]) -> list[ScheduleRow]:
    """Return the punctuality of all origins, as of now."""
    return [
        ScheduleRow(
            origin.target, origin.vrf, origin.source, origin.module, one.started, one.late, one.lateness_seconds
        )
        for origin, one in punctualities.items()
    ]
