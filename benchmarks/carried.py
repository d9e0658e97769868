"""What tunnels carried in a month, as it is on record: what reports read most of."""

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.recorded import HUB, tunnel_of
from collector.ledger import Ledger
from collector.ledger.entries import Context
from collector.ledger.rates import Rates
from collector.ledger.schema import CONTEXT_USAGE, USAGE
from collector.ledger.statements import put
from collector.ledger.usages import SECONDS, Resolution, begin_of, make_day, tunnels_of
from collector.model import GLOBAL_VRF

DAYS = 31
STRETCH = 300.0
_SHAPES = 200
"""Histograms of different tunnels and days; making each its own would take most of the time."""
_AT_ONCE = 1000


def fill(ledger: Ledger, busy: int, now: float) -> int:
    """Put days of so many tunnels on record, and the hours of yesterday and today; return when yesterday began."""
    today = begin_of(now, "day")
    chance = random.Random(4)
    spans: dict[Resolution, tuple[int, int]] = {
        "day": (today - DAYS * 86_400, today),
        "hour": (today - 86_400, int(now) - 3600),
    }
    for resolution, (begin, stop) in spans.items():
        seconds = SECONDS[resolution]
        shapes = [_shape(chance, int(seconds / STRETCH)) for _ in range(_SHAPES)]
        for at in range(begin, stop, seconds):
            rows = list(_rows(resolution, at, busy, shapes, chance))
            with ledger.engine.begin() as connection:
                put(connection, USAGE, rows)
                put(connection, CONTEXT_USAGE, [_together(hour, today) for hour in range(at, at + seconds, 3600)])
    return today - 86_400


def fold(ledger: Ledger, day: int) -> None:
    """Make a day of its hours, as the daemon does after its end."""
    context = Context(HUB, GLOBAL_VRF)
    with ledger.engine.begin() as connection:
        names = tunnels_of(connection, day, context)
    for place in range(0, len(names), _AT_ONCE):
        some = names[place : place + _AT_ONCE]
        with ledger.engine.begin() as connection:
            make_day(connection, day, context, some[0], some[-1])


def _shape(chance: random.Random, stretches: int) -> bytes:
    rates, typical = Rates(), 10 ** chance.uniform(2, 7)
    for _ in range(stretches):
        rates.add(typical * chance.lognormvariate(0, 1), STRETCH)
    return rates.dump()


def _rows(
    resolution: Resolution, at: int, busy: int, shapes: list[bytes], chance: random.Random
) -> Iterator[dict[str, Any]]:
    seconds = SECONDS[resolution]
    covered = {"covered_until": float(at + seconds), "seconds": float(seconds)}
    for row in range(busy):
        tunnel, peer = tunnel_of(row)
        yield {
            "resolution": resolution,
            "begins_at": at,
            "target": HUB,
            "vrf": GLOBAL_VRF,
            "tunnel": tunnel,
            "peer": peer,
            **covered,
            "receive_peak": 1e6,
            "transmit_peak": 1e6,
            "receive_bytes": chance.randrange(10**9),
            "transmit_bytes": chance.randrange(10**9),
            "receive_rates": chance.choice(shapes),
            "transmit_rates": chance.choice(shapes),
        }


def _together(hour: int, today: int) -> dict[str, Any]:
    covered = {"covered_until": hour + 3600.0, "seconds": 3600.0, "receive_bytes": 10**9, "transmit_bytes": 10**9}
    return {"begins_at": hour, "target": HUB, "vrf": GLOBAL_VRF, **covered, "in_day": hour < today}
