"""What the failure tables tell, each failure once; they are windows as histories are.

Source: CISCO-IPSEC-FLOW-MONITOR-MIB cikeFailTable, cipSecFailTable.
"""

from collections.abc import Sequence

from collector.model import Entity, Failure, IkeFailure, IpsecFailure, Level
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.names import address_text
from collector.tunnels.track_history import History, highest_index, new_rows
from collector.tunnels.track_work import Work

FAILED: dict[Level, type[Entity]] = {"child": IpsecFailure, "ike": IkeFailure}


def read_failures(work: Work, read: History) -> Steps[None]:
    """Put on record what is new in failure tables."""
    for level, kind in FAILED.items():
        if kind not in work.module(read.module).kinds:
            continue
        rows: Sequence[IkeFailure | IpsecFailure] = read.rows.get(kind, ())
        mark = work.marks.get((read.module[1], kind.__name__))
        fresh = new_rows(work, mark, rows, read.module, read.taken_at)
        tunnels = _Tunnels(work, level) if fresh else None
        for number, row in enumerate(fresh, 1):
            if tunnels:
                work.keep_failure(_failure(work, level, row, read, tunnels))
            if not number % ROWS_PER_STEP:
                yield
        work.mark(read.module, kind.__name__, highest_index(work, mark, rows), read.taken_at)


class _Tunnels:
    """Tunnels by what failures tell of them."""

    def __init__(self, work: Work, level: Level) -> None:
        self._by_row: dict[int, tuple[str, str]] = {}
        self._by_addresses: dict[tuple[str | None, str | None], list[tuple[str, str]]] = {}
        for key, each in work.tunnels[level].items():
            addresses = each.known.local_address, each.known.remote_address
            self._by_addresses.setdefault(addresses, []).append(key)
            self._by_row.update({one.arc: key for one in each.live})
        for (_, arc), missed in work.ending.items():
            self._by_row[arc] = missed[-1].session.tunnel, missed[-1].session.peer

    def find(self, index: int | None, addresses: tuple[str | None, str | None]) -> tuple[str, str] | None:
        """Return the tunnel of a row index, else the only one between two addresses."""
        if index is not None and index in self._by_row:
            return self._by_row[index]
        one, other = addresses
        for pair in ((one, other), (other, one)):
            if len(between := self._by_addresses.get(pair, [])) == 1 and any(pair):
                return between[0]
        return None


def _failure(work: Work, level: Level, row: IkeFailure | IpsecFailure, read: History, tunnels: _Tunnels) -> Failure:
    if isinstance(row, IkeFailure):
        local, remote = address_text(row.local_address), address_text(row.remote_address)
        index, spi = None, None
        local_identity, remote_identity = row.local_identity, row.remote_identity
    else:
        local, remote = address_text(row.source_address), address_text(row.destination_address)
        index, spi = row.child_index, row.spi
        local_identity = remote_identity = None
    found = tunnels.find(index, (local, remote))
    return Failure(
        target=work.target,
        vrf=work.vrf,
        number=work.number(),
        level=level,
        module=read.module[1],
        index=row.index,
        at=work.clock.unix_time(row.uptime_seconds),
        seen_at=read.taken_at,
        reason=row.reason,
        tunnel=found[0] if found else None,
        peer=found[1] if found else remote,
        local_address=local,
        remote_address=remote,
        local_identity=local_identity,
        remote_identity=remote_identity,
        spi=spi,
    )
