"""The tunnels in snapshots of one context, found level by level as tracking does, but without what it remembers."""

from collector.tunnels import Tunnels, run, sort_rows
from collector.tunnels.identify import identifying_children, identifying_ikes


def identifying(target, vrf, tables):
    """Find the tunnels of both levels, in steps."""
    ikes = yield from identifying_ikes(target, vrf, tables)
    children = yield from identifying_children(target, vrf, tables)
    return children._replace(ikes=ikes.ikes, orphans=(*ikes.orphans, *children.orphans))


def identify(snapshots):
    """Find the tunnels of both levels; modules are told of in the order of their names."""
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.origin.source, snapshot.origin.module))
    if not ordered:
        return Tunnels()
    origin = ordered[0].origin
    return run(identifying(origin.target, origin.vrf, [run(sort_rows(snapshot)) for snapshot in ordered]))
