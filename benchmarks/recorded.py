"""A ledger with many sessions, made and asked in this process: called by `measuring.isolated`."""

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring import medians, spending
from collector.ledger import Ledger
from collector.ledger.queries import sessions as first_sessions
from collector.ledger.query_parameters import asked
from collector.ledger.report import report
from collector.model import COUNTED, GLOBAL_VRF, Changes, ContextRecord, KnownTunnel, Reading, Session

HUB = "hub1"
CHUNK = 10_000
REPORTS = {
    "by tunnel, a page of 1,000": {},
    "by tunnel, a page of 10,000": {"limit": "10000"},
    "by tunnel, sorted by rate": {"sort": "rate"},
    "by hub": {"by": "hub"},
}
"""What is asked of a month."""
SECONDS = 30 * 86_400.0
"""Over which sessions are spread."""


def ledger(*, sessions: int, known: int, busy: int, runs: int) -> dict[str, float]:
    """Fill a ledger with so many ended sessions of `busy` tunnels and with tunnels that are known; measure it.

    Returns:
        CPU-seconds by what was done; `octets` of the file per session, tunnels left out.
    """
    now = time.time()
    with tempfile.TemporaryDirectory(prefix="tunnelwatch-ledger-") as directory:
        place = Path(directory) / "ledger.sqlite"
        opened = Ledger.open(place)
        try:
            opened.write([_known(known, now)])
            size = _octets(place)
            for first in range(1, sessions + 1, CHUNK):
                opened.write([_ended(first, min(first + CHUNK, sessions + 1), busy, sessions, now)])
            found = {"octets": (_octets(place) - size) / sessions}
            live = _live(sessions + 1, busy, now)
            opened.write([live])
            found["checkpoint"] = _cpu(runs, lambda: opened.write([_readings(live, now)]))
            found["ends"] = _cpu(1, lambda: opened.write([_ends(live, now)]))
            opened.write([live, _readings(live, now)])
            found["memories"] = _cpu(runs, opened.memories)
            with opened.engine.connect() as connection:
                page = asked("sessions", {"limit": "100"}, now)
                found["page"] = _cpu(runs, lambda: first_sessions(connection, page))
            found |= _reports(opened, busy, runs, now)
        finally:
            opened.close()
    return found


def _reports(opened: Ledger, busy: int, runs: int, now: float) -> dict[str, float]:
    """Measure reports of a month of usage too, and what a day of it costs when it is made of its hours."""
    from benchmarks import carried  # noqa: PLC0415 - it has its names from here

    yesterday = carried.fill(opened, busy, now)
    found = {"day": _cpu(1, lambda: carried.fold(opened, yesterday))}
    with opened.engine.connect() as connection:
        for name, texts in REPORTS.items():
            month = asked("report", {"since": "-30d", **texts}, now)
            found[name] = _cpu(min(runs, 3), partial(report, connection, month))
    return found


def _cpu(runs: int, work: Callable[[], Any]) -> float:
    def spent() -> Iterator[dict[str, float]]:
        for _ in range(runs):
            with spending() as one:
                work()
            yield {"cpu": one.cpu}

    return medians(list(spent()))["cpu"]


def _octets(place: Path) -> int:
    """Octets of the database and of what is not moved into it yet."""
    return sum(each.stat().st_size for each in place.parent.iterdir() if not each.name.endswith("-shm"))


def _peer(row: int) -> str:
    return f"10.{row >> 16}.{row >> 8 & 255}.{row & 255}"


def _counts(number: int) -> tuple[int, ...]:
    """Counters of different sizes, as sessions have them."""
    return tuple((number * 2_654_435_761 * (place + 1)) % (1 << 20 + place) for place in range(len(COUNTED["child"])))


def _changes(at: float, number: int, **what: Any) -> Changes:  # noqa: ANN401 - fields of Changes
    record = ContextRecord(target=HUB, vrf=GLOBAL_VRF, watched_since=at - SECONDS, next_number=number)
    return Changes(target=HUB, vrf=GLOBAL_VRF, at=at, record=record, **what)


def tunnel_of(row: int) -> tuple[str, str]:
    """Name and peer of a tunnel."""
    return f"10.0.0.0/8-172.16.{row & 255}.0/24 via {_peer(row)}", _peer(row)


def _tunnel(row: int, now: float, sessions: int = 1) -> KnownTunnel:
    return KnownTunnel(
        target=HUB,
        vrf=GLOBAL_VRF,
        level="child",
        name=f"10.0.0.0/8-172.16.{row & 255}.0/24 via {_peer(row)}",
        peer=_peer(row),
        local_address="192.0.2.1",
        remote_address=_peer(row),
        selectors=(f"10.0.0.0/8-172.16.{row & 255}.0/24",),
        known_since=now - SECONDS,
        seen_at=now,
        state="up",
        state_since=now - SECONDS,
        sessions=sessions,
        base=_counts(row),
    )


def _known(count: int, now: float) -> Changes:
    return _changes(now, 1, tunnels=tuple(_tunnel(row, now) for row in range(count)))


def _session(number: int, row: int, started_at: float, ended_at: float | None) -> Session:
    over = ended_at is not None
    return Session(
        target=HUB,
        vrf=GLOBAL_VRF,
        number=number,
        level="child",
        tunnel=f"10.0.0.0/8-172.16.{row & 255}.0/24 via {_peer(row)}",
        peer=_peer(row),
        source="snmp",
        module="ipsec",
        index=str(number),
        local_address="192.0.2.1",
        remote_address=_peer(row),
        selectors=(f"10.0.0.0/8-172.16.{row & 255}.0/24",),
        algorithms=(("encryption", "aes"), ("authentication", "hmacSha")),
        started_at=started_at,
        seen_at=ended_at or started_at,
        gone_at=ended_at,
        ended_at=ended_at,
        end_uncertainty_seconds=1.0 if over else 0.0,
        reason="peerDeleteRequest" if over else None,
        counts=_counts(number),
        closed_by="history" if over else None,
    )


def _ended(first: int, stop: int, busy: int, sessions: int, now: float) -> Changes:
    """Ended sessions, those of one tunnel one after the other."""
    rounds = max(1, -(-sessions // busy))
    each = SECONDS / rounds
    made = (
        _session(number, number % busy, began := now - SECONDS + number // busy * each, began + 0.9 * each)
        for number in range(first, stop)
    )
    return _changes(now, stop, sessions=tuple(made))


def _live(first: int, busy: int, now: float) -> Changes:
    made = tuple(_session(first + row, row, now - 60.0, None) for row in range(busy))
    return _changes(now, first + busy, sessions=made)


def _readings(live: Changes, now: float) -> Changes:
    made = tuple(Reading(number=one.number, seen_at=now, values=_counts(one.number + 1)) for one in live.sessions)
    return _changes(now, live.sessions[-1].number + 1, readings=made)


def _ends(live: Changes, now: float) -> Changes:
    """All live sessions end, which changes their tunnels too."""
    ends = tuple(_session(one.number, row, now - 60.0, now) for row, one in enumerate(live.sessions))
    tunnels = tuple(_tunnel(row, now, 2) for row in range(len(ends)))
    return _changes(now, live.sessions[-1].number + 1, sessions=ends, tunnels=tunnels)
