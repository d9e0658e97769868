"""What the failure tables tell, each failure once; they are windows as histories are.

Source: CISCO-IPSEC-FLOW-MONITOR-MIB cikeFailTable, cipSecFailTable.
"""

from collections.abc import Sequence
from typing import NamedTuple

from collector.model import Entity, Failure, IkeFailure, IpsecFailure, Level
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.names import address_text
from collector.tunnels.track_state import History, Incarnation, Key
from collector.tunnels.track_window import SLACK, new_rows, note_mark, repeats
from collector.tunnels.track_work import Work

FAILED: dict[Level, type[Entity]] = {"child": IpsecFailure, "ike": IkeFailure}


def read_failures(work: Work, read: History) -> Steps[None]:
    """Put on record what is new in failure tables."""
    for level, kind in FAILED.items():
        if kind not in read.kinds:
            continue
        rows: Sequence[IkeFailure | IpsecFailure] = read.rows.get(kind, ())
        mark = work.marks.get((read.module[1], kind.__name__))
        fresh = new_rows(work, mark, rows, read)
        if fresh:
            yield from work.refreshing(level)
            tunnels = _Tunnels(work, level, mark.read_at if mark else None, read.taken_at)
            again = repeats(work, kind, [read.module])
            for number, row in enumerate(fresh, 1):
                if not again:
                    work.keep_failure(_failure(work, level, row, read, tunnels))
                if not number % ROWS_PER_STEP:
                    yield
        note_mark(work, mark, kind.__name__, rows, read)


class _About(NamedTuple):
    """What a failure was about, as far as that can be told."""

    tunnel: str | None = None
    peer: str | None = None
    incoming: bool = False
    """Whether the first of its addresses is the peer's."""


class _Tunnels:
    """Tunnels by what failures tell of them."""

    def __init__(self, work: Work, level: Level, since: float | None, until: float) -> None:
        self._since, self._until = since, until
        self._patience = work.plan.silence_seconds
        self._by_row: dict[int, list[tuple[Incarnation, Key]]] = {}
        self._by_addresses: dict[tuple[str | None, str | None], list[Key]] = {}
        for key, each in work.tunnels[level].items():
            addresses = each.known.local_address, each.known.remote_address
            if all(addresses):
                self._by_addresses.setdefault(addresses, []).append(key)
            for one in each.live:
                self._by_row.setdefault(one.arc, []).append((one, key))
        for (_, arc), missed in work.ending.items():
            for one in missed:
                if one.session.level == level:
                    key = one.session.tunnel, one.session.peer
                    self._by_row.setdefault(arc, []).append((one, key))

    def find(self, one: str | None, other: str | None, index: int | None, at: float | None) -> _About:
        """Find the tunnel by the row that it had at that time, else by its two addresses, if it is the only one."""
        for pair, incoming in (((one, other), False), ((other, one), True)):
            if between := self._by_addresses.get(pair):
                named = self._by_its_row(index, at, between) or (between[0] if len(between) == 1 else None)
                return _About(named[0] if named else None, between[0][1], incoming)
        named = None if one or other else self._by_its_row(index, at, None)
        return _About(*named) if named else _About()

    def _by_its_row(self, index: int | None, at: float | None, among: Sequence[Key] | None) -> Key | None:
        """Return the tunnel that had a row then; indexes are given again."""
        for one, key in self._by_row.get(-1 if index is None else index, ()):
            if (among is None or key in among) and self._had_row(one, at):
                return key
        return None

    def _had_row(self, one: Incarnation, at: float | None) -> bool:
        """Whether a session had its row at that time; if nobody tells when, ever since the table was last read.

        Long after it was last seen, its index may have been given again.
        """
        began, gone_at = one.session.started_at, one.session.gone_at
        if at is not None:
            return (began is None or began <= at + SLACK) and at <= one.seen_at + self._patience
        if began is None or self._since is None or began + SLACK > self._since:
            return False
        return gone_at is None or gone_at >= self._until


def _failure(work: Work, level: Level, row: IkeFailure | IpsecFailure, read: History, tunnels: _Tunnels) -> Failure:
    at = work.clock.unix_time(row.uptime_seconds)
    if isinstance(row, IkeFailure):
        local, remote = address_text(row.local_address), address_text(row.remote_address)
        about = tunnels.find(local, remote, None, at)
        peer = about.peer or remote
        spi = None
        local_identity, remote_identity = row.local_identity, row.remote_identity
    else:
        local, remote = address_text(row.source_address), address_text(row.destination_address)
        about = tunnels.find(local, remote, row.child_index, at)
        local, remote = (remote, local) if about.incoming else (local, remote)
        peer, spi = about.peer, row.spi
        local_identity = remote_identity = None
    return Failure(
        target=work.target,
        vrf=work.vrf,
        number=work.number(),
        level=level,
        module=read.module[1],
        index=row.index,
        at=at,
        seen_at=read.taken_at,
        reason=row.reason,
        tunnel=about.tunnel,
        peer=peer,
        local_address=local,
        remote_address=remote,
        local_identity=local_identity,
        remote_identity=remote_identity,
        spi=spi,
    )
