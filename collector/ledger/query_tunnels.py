"""Known tunnels by their names: what `tunnelwatch forget` looks for before it asks."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from collector.ledger.schema import TUNNELS


class Known(NamedTuple):
    """Where a tunnel of a name is known."""

    vrf: str
    peer: str


def known_as(
    connection: Connection, target: str, name: str, *, vrf: str | None, peer: str | None, level: str | None
) -> list[Known]:
    """Find tunnels of a name, by VRF and peer; None stands for any."""
    c = TUNNELS.c
    wanted = select(c.vrf, c.peer).where(c.target == target, c.name == name)
    for column, value in ((c.vrf, vrf), (c.peer, peer), (c.level, level)):
        if value is not None:
            wanted = wanted.where(column == value)
    return [Known(row.vrf, row.peer) for row in connection.execute(wanted.order_by(c.vrf, c.peer))]
