"""From the rows of a context to tunnels that an operator knows: their identity, their names, their SAs.

Pure: rows in, tunnels out. Life (up, down, transitions) and accounts join here later.
"""

from collector.tunnels.identify import identify, identifying
from collector.tunnels.join import Rows, Steps, run, sort_rows
from collector.tunnels.merge import coalesced
from collector.tunnels.names import Identity, Kind, address_text
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel, SaCounts, Tunnels

__all__ = [
    "ChildTunnel",
    "Identity",
    "IkeTunnel",
    "Kind",
    "Rows",
    "SaCounts",
    "Steps",
    "Tunnels",
    "address_text",
    "coalesced",
    "identify",
    "identifying",
    "run",
    "sort_rows",
]
